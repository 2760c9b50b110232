"""kubectl without kubectl: it runs on the control plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kuberry.api.hosts import resolve
from kuberry.clusters import Clusters
from kuberry.errors import UsageError
from kuberry.kube import kubectl as program
from kuberry.kube.kubectl import Streams
from kuberry.kube.manifest_files import joined
from kuberry.kube.words import Words, for_control_plane
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Stdin

__all__ = ["Streams", "kubectl"]


async def kubectl(
    words: Sequence[str],
    cluster: str | None = None,
    *,
    streams: Streams,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> int:
    """Run kubectl with *words* as the administrator of a cluster, and return its exit status.

    Files after ``-f`` are those of this machine; words that are about other files, ports or
    screens of this machine are refused.

    Args:
        cluster: Its name; ``None`` means the last one used.
        streams: Where what it reads comes from and what it writes goes.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what the user should know.

    Raises:
        UsageError: No such cluster is known here, or *words* cannot be run over there.
        TransportError: The control plane cannot be reached.
    """
    order = for_control_plane(words)
    given = _stdin(order, streams.stdin)
    where = settings or Settings()
    known = Clusters(where.clusters_dir).load(cluster)
    hosts = resolve((known.control_plane,), where, emit)
    async with connect_all(hosts, options or ConnectOptions(), emit) as connections:
        for _, error in connections.failures:
            raise error
        return await program.kubectl(
            connections.transports[0], order.argv, stdin=given, streams=streams
        )


def _stdin(order: Words, stdin: Callable[[], Stdin] | None) -> Stdin:
    if order.files:
        recursive = bool({"-R", "--recursive", "--recursive=true"}.intersection(order.argv))
        return joined(order.files, recursive=recursive)
    if not order.reads_stdin:
        return b""
    if stdin is None:
        raise UsageError("kubectl is to read standard input, and there is none")
    return stdin()
