"""A batch queue for a running cluster."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kuberry.actions.status import look
from kuberry.api.hosts import resolve
from kuberry.clusters import Clusters
from kuberry.errors import BundleError, TransportError
from kuberry.kube.connect import connect
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.queue import QueuePlan, QueueReport, QueueStatus
from kuberry.model.status import HostStatus
from kuberry.queueing import plan as queueing
from kuberry.queueing import release, use
from kuberry.queueing.install import TIMEOUT_S, install
from kuberry.queueing.manifests import Manifest
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all

if TYPE_CHECKING:
    from kuberry.kube.client import Kube


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
    controller = await _controller(manifest)
    where = _Where(cluster, options or ConnectOptions(), settings or Settings(), emit)
    async with _asking(where) as kube:
        await queueing.require_kueue(kube)
        return await queueing.plan(kube, await _boards(where), controller)


async def install_queue(
    manifest: Path | str | None = None,
    *,
    cluster: str | None = None,
    timeout_s: float = TIMEOUT_S,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> QueueReport:
    """Make a running cluster one with a batch queue; what is so already stays as it is.

    Args:
        manifest: The file ``manifests.yaml`` of a release of Kueue; ``None`` when Kueue is there.
        cluster: Its name; ``None`` means the last one used.
        timeout_s: Seconds for Kueue's controller to become available.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told how far it is, and why the controller is not available yet.

    Raises:
        UsageError: No such cluster is known here.
        BundleError: The file cannot be read, or is no release of Kueue.
        TransportError: A host of the cluster cannot be reached: its class is not known then.
        PreflightFailed: As `plan_queue`; nothing was changed.
        ApiRefused: The API server does not take an object; what was applied before it stays.
        VerifyFailed: Kueue does not work within *timeout_s*; the same call goes on from there.
    """
    controller = await _controller(manifest)
    where = _Where(cluster, options or ConnectOptions(), settings or Settings(), emit)
    async with _asking(where) as kube:
        await queueing.require_kueue(kube)
        boards = await _boards(where)
        return await install(kube, boards, controller, timeout_s=timeout_s, emit=emit)


async def queue_status(
    cluster: str | None = None,
    *,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> QueueStatus:
    """Return how the batch queue of a running cluster is, as Kueue says; change nothing.

    Args:
        cluster: Its name; ``None`` means the last one used.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what the user should know.

    Raises:
        UsageError: No such cluster is known here.
        TransportError: The control plane cannot be reached.
        PreflightFailed: Its Kueue serves no version of its API that is known here.
    """
    where = _Where(cluster, options or ConnectOptions(), settings or Settings(), emit)
    async with _asking(where) as kube:
        return await use.status(kube)


@dataclasses.dataclass(frozen=True, slots=True)
class _Where:
    """Which cluster, and how it is reached."""

    cluster: str | None
    options: ConnectOptions
    settings: Settings
    emit: Emit

    @property
    def known(self) -> Cluster:
        return Clusters(self.settings.clusters_dir).load(self.cluster)


@asynccontextmanager
async def _asking(where: _Where) -> AsyncIterator[Kube]:
    servers = resolve((where.known.control_plane,), where.settings, where.emit)
    async with connect_all(servers, where.options, where.emit) as server:
        for _, error in server.failures:
            raise error
        async with connect(server.transports[0]) as kube:
            yield kube


async def _boards(where: _Where) -> dict[str, str | None]:
    hosts = resolve(where.known.hosts, where.settings, where.emit)
    async with connect_all(hosts, where.options, where.emit) as connections:
        rows = await look(connections.all, concurrency=where.options.concurrency)
    return _models(rows)


async def _controller(manifest: Path | str | None) -> tuple[Manifest, ...]:
    return () if manifest is None else await asyncio.to_thread(_read, Path(manifest))


def _read(path: Path) -> tuple[Manifest, ...]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path} cannot be read: {error}", remedy="name manifests.yaml of a release of Kueue"
        ) from None
    return release.documents(text, path.name)


def _models(rows: Sequence[HostStatus]) -> dict[str, str | None]:
    """Return the models of boards by node: a node has its host's own name, in small letters."""
    boards = {}
    for row in rows:
        if row.problem:
            raise TransportError(row.problem.message, host=row.host, remedy=row.problem.remedy)
        if row.facts and row.facts.identity:
            board = row.facts.board
            boards[row.facts.identity.hostname.lower()] = board.model if board else None
    return boards
