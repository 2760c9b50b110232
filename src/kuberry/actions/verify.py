"""verify: log in to all hosts of a cluster, and have it prove itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit
from kuberry.model.finding import ProbeResult
from kuberry.model.host import Host
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Transport
from kuberry.verify import run
from kuberry.verify.system import JUST_MADE_S


async def verify(
    cluster: Cluster, hosts: Sequence[Host], options: ConnectOptions, emit: Emit
) -> tuple[ProbeResult, ...]:
    """Return what *cluster* proves to be; what is wrong is in the results, never raised.

    Args:
        hosts: The hosts of the cluster.

    Raises:
        HostBusy: Another check of this cluster is under way.
        UsageError: The SSH configuration cannot be used.
    """
    async with connect_all(hosts, options, emit) as connections:
        transports = {one.host.name: one for one in connections.transports}
        failures = {host.name: error for host, error in connections.failures}
        return await run.verify(cluster, transports, failures, emit)


async def prove(
    cluster: Cluster, transports: Mapping[str, Transport], emit: Emit
) -> tuple[ProbeResult, ...]:
    """Return what *cluster*, which was just made or changed, proves to be.

    It is asked over connections that are there already, and its system pods get their time.

    Raises:
        HostBusy: Another check of this cluster is under way.
    """
    return await run.verify(cluster, transports, {}, emit, settle_s=JUST_MADE_S)
