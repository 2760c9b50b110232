"""A batch queue for a running cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from kuberry.actions.status import look
from kuberry.api.hosts import resolve
from kuberry.clusters import Clusters
from kuberry.errors import BundleError, TransportError
from kuberry.kube.connect import connect
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.queue import QueuePlan
from kuberry.model.status import HostStatus
from kuberry.queueing import plan as queueing
from kuberry.queueing import release
from kuberry.queueing.manifests import Manifest
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all


async def plan_queue(
    manifest: Path | str | None = None,
    *,
    cluster: str | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> QueuePlan:
    """Return what would make a running cluster one with a batch queue; change nothing.

    Args:
        manifest: The file ``manifests.yaml`` of a release of Kueue; ``None`` when Kueue is there.
        cluster: Its name; ``None`` means the last one used.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what the user should know.

    Raises:
        UsageError: No such cluster is known here.
        BundleError: The file cannot be read, or is no release of Kueue.
        TransportError: A host of the cluster cannot be reached: its class is not known then.
        PreflightFailed: Kubernetes is too old for Kueue, there is no Kueue and no file of it, or
            no node takes pods.
    """
    where, how = settings or Settings(), options or ConnectOptions()
    controller = () if manifest is None else await asyncio.to_thread(_read, Path(manifest))
    known = Clusters(where.clusters_dir).load(cluster)
    servers = resolve((known.control_plane,), where, emit)
    async with connect_all(servers, how, emit) as server:
        for _, error in server.failures:
            raise error
        async with connect(server.transports[0]) as kube:
            await queueing.require_kueue(kube)
            async with connect_all(resolve(known.hosts, where, emit), how, emit) as hosts:
                rows = await look(hosts.all, concurrency=how.concurrency)
            return await queueing.plan(kube, _boards(rows), controller)


def _read(path: Path) -> tuple[Manifest, ...]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path} cannot be read: {error}", remedy="name manifests.yaml of a release of Kueue"
        ) from None
    return release.documents(text, path.name)


def _boards(rows: Sequence[HostStatus]) -> dict[str, str | None]:
    """Return the models of boards by node: a node has its host's own name, in small letters."""
    boards = {}
    for row in rows:
        if row.problem:
            raise TransportError(row.problem.message, host=row.host, remedy=row.problem.remedy)
        if row.facts and row.facts.identity:
            board = row.facts.board
            boards[row.facts.identity.hostname.lower()] = board.model if board else None
    return boards
