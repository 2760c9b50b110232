"""Access to a cluster by kubectl: given, and taken away again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from kuberry.actions import access as action
from kuberry.api.hosts import resolve
from kuberry.clusters import Clusters
from kuberry.model.access import AccessReport
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice, ignore
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Transport


async def kubeconfig(
    cluster: str | None = None,
    *,
    use: bool = False,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> AccessReport:
    """Merge a cluster into the user's kubeconfig; what others wrote there is not touched.

    Args:
        cluster: Its name; ``None`` means the last one used.
        use: Make it the current context even if there is one.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what the user should know.

    Raises:
        UsageError: No such cluster is known here, or the file cannot be used.
        TransportError: Its control plane cannot be reached, or has no credentials.
    """
    where = settings or Settings()
    known = Clusters(where.clusters_dir).load(cluster)
    hosts = resolve((known.control_plane,), where, emit)
    async with connect_all(hosts, options or ConnectOptions(), emit) as connections:
        for _, error in connections.failures:
            raise error
        transport = connections.transports[0]
        report = await action.give_access(known, transport, where.kubeconfig, use=use)
    _tell(report, emit)
    return report


def forget_kubeconfig(cluster: str, *, settings: Settings | None = None) -> AccessReport:
    """Remove the cluster called *cluster* from the user's kubeconfig, if it is there and ours.

    Raises:
        UsageError: The file cannot be used.
    """
    return action.take_access(cluster, (settings or Settings()).kubeconfig)


def access(settings: Settings, emit: Emit) -> Callable[[Cluster, Transport], Awaitable[str]]:
    """Return what gives the user access at the end of a deploy, and returns the context's name."""

    async def give(cluster: Cluster, transport: Transport) -> str:
        report = await action.give_access(cluster, transport, settings.kubeconfig)
        _tell(report, emit)
        return report.context

    return give


def _tell(report: AccessReport, emit: Emit) -> None:
    if not report.reachable:
        message = f"{report.server} does not answer this machine, so kubectl will not reach it"
        emit(Notice(message=f"{message}; `kuberry kubectl` does, through SSH"))
