"""stop: hosts → connected → locked → seen → drained → off, the control plane last."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path

from kuberry.actions.look import look_at_all
from kuberry.actions.reports import not_reached
from kuberry.actions.told import tell_hosts
from kuberry.distributions.registry import distribution_of
from kuberry.distributions.seen import NotSeen
from kuberry.engine.execute import execute
from kuberry.engine.lock import Locks, locked
from kuberry.engine.means import Means
from kuberry.errors import CommandFailed, KuberryError
from kuberry.model.bundle import Artifact
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Phase
from kuberry.model.host import Host
from kuberry.model.operator import Operator
from kuberry.model.report import HostReport, RunReport
from kuberry.transports.pool import Connections, connect_all


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """What is to be switched off.

    Attributes:
        drain_s: Seconds for pods to end; 0 does not ask them.
        operator: Whom the locks of the hosts name.
    """

    cluster: Cluster
    hosts: tuple[Host, ...]
    drain_s: int
    options: ConnectOptions
    emit: Emit
    operator: Operator


async def stop(work: Work) -> RunReport:
    """Switch the hosts off that can be reached; the others are named in the report."""
    started, zero = datetime.now(UTC), time.monotonic()
    work.emit(Phase(name="connect", message=f"connecting to {len(work.hosts)} hosts"))
    async with connect_all(work.hosts, work.options, work.emit) as connections:
        transports = {one.host.name: one for one in connections.transports}
        async with locked(transports, work.operator, work.emit) as (locks, busy):
            reports = not_reached(busy) if busy else await _off(work, connections, locks, zero)
    return RunReport(
        command="stop",
        cluster=work.cluster,
        started=started,
        duration_s=time.monotonic() - zero,
        hosts=reports,
    )


async def _off(
    work: Work, connections: Connections, locks: Locks, zero: float
) -> tuple[HostReport, ...]:
    failed: dict[str, KuberryError] = {host.name: error for host, error in connections.failures}
    transports = {one.host.name: one for one in connections.transports}
    sight = await look_at_all(transports, locks)
    failed |= sight.failures
    tell_hosts(sight.seen, work.emit)
    try:
        plan = distribution_of(work.cluster).stop(work.cluster, sight.seen, drain_s=work.drain_s)
    except NotSeen as error:
        reason = CommandFailed(str(error), command="facts", exit_status=0, stderr="")
        return not_reached(failed | dict.fromkeys(sight.seen, reason))
    means = Means(
        transports=transports,
        reconnect={},
        fetch=_nothing,
        emit=work.emit,
        clock=lambda: time.monotonic() - zero,
        locks=locks,
    )
    return (*await execute(plan, means), *not_reached(failed))


def _nothing(artifact: Artifact) -> Path:
    raise AssertionError(f"nothing is brought to a host that is switched off: {artifact.name}")
