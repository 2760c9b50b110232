"""The hosts as they are now."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions.status import status as look
from kuberry.api.hosts import resolve
from kuberry.clusters import Clusters
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.status import HostStatus, StatusReport
from kuberry.settings import Settings


async def status(
    hosts: str | Sequence[str],
    *,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> StatusReport:
    """Look at *hosts*; one that cannot be reached is a row with the reason.

    A host of a cluster that was deployed from here says of which, and what it is there.

    Args:
        hosts: One host expression, or several.
        options: How to log in; ``None`` means the defaults.
        settings: Where the inventory and the lab are; ``None`` asks the environment.
        emit: Is told of first contacts and of what the user should know.

    Raises:
        HostExpressionError: A part of an expression is wrong.
        UsageError: One host is named twice with different logins, or the inventory is unusable.
    """
    own = settings or Settings()
    found = resolve(hosts, own, emit)
    report = await look(found, options or ConnectOptions(), emit)
    clusters = Clusters(own.clusters_dir).readable()
    if not clusters:
        return report
    rows = tuple(_with_role(row, clusters) for row in report.hosts)
    return report.model_copy(update={"hosts": rows})


def _with_role(row: HostStatus, clusters: Sequence[Cluster]) -> HostStatus:
    cluster = next((one for one in clusters if row.host in one.hosts), None)
    if cluster is None:
        return row
    role = "server" if row.host in cluster.servers else "worker"
    return row.model_copy(update={"cluster": cluster.name, "role": role})
