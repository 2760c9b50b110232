"""A user's work on a cluster: submitted, looked at, waited for, fetched, cancelled."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kuberry.actions import jobs as action
from kuberry.actions.jobs import Told
from kuberry.api.hosts import resolve
from kuberry.api.kubectl import Streams, kubectl
from kuberry.bundles.store import Store
from kuberry.clusters import Clusters
from kuberry.errors import KuberryError
from kuberry.kube.connect import connect
from kuberry.model.bundle import image_names
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice, ignore
from kuberry.model.job import JobStatus, JobWish, Results
from kuberry.queueing import results
from kuberry.queueing.admission import WORDS
from kuberry.queueing.manifests import JOB, NAMESPACE
from kuberry.queueing.queue import Queue
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all

__all__ = ["JobHandle", "Jobs", "Streams"]


@dataclasses.dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one cluster: ``await Jobs("pi").submit(wish)``.

    Every method raises `kuberry.errors.UsageError` when the cluster is not known here, and
    `kuberry.errors.TransportError` when its control plane cannot be reached.

    Attributes:
        cluster: Its name; ``None`` means the last one used.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what the user should know.
    """

    cluster: str | None = None
    options: ConnectOptions | None = None
    settings: Settings | None = None
    emit: Emit = ignore

    async def submit(self, wish: JobWish) -> JobHandle:
        """Have *wish* run; the same wish again completes a submission that was interrupted.

        Raises:
            UsageError: There is another job of this name, or no node has its image and it can be
                had from nowhere.
        """
        async with self._queue() as queue:
            if wish.image not in self._brought():
                await queue.require_image(wish.image)
            queueing = await queue.queueing()
            if queueing in WORDS:
                self.emit(Notice(message=WORDS[queueing]))
            await queue.submit(wish, queueing=queueing)
            return JobHandle(self, await queue.status(wish.name))

    async def list(self) -> tuple[JobStatus, ...]:
        """Return all jobs, the oldest first."""
        async with self._queue() as queue:
            return await queue.statuses()

    async def wait(
        self, name: str, *, told: Told = lambda _: None, timeout_s: float | None = None
    ) -> JobStatus:
        """Return the job *name* when it has ended; *told* is given each change.

        Raises:
            UsageError: There is no such job.
            VerifyFailed: It did not end within *timeout_s*; it goes on.
        """
        async with self._queue() as queue:
            return await action.wait(queue, name, told, timeout_s=timeout_s)

    async def logs(self, name: str, streams: Streams, *, follow: bool = False) -> int:
        """Write what the tasks of *name* write, and return kubectl's exit status."""
        words = ["-n", NAMESPACE, "logs", "-l", f"{JOB}={name}", "--tail=-1", "--prefix"]
        if follow:
            words += ["-f", "--max-log-requests=1000", "--pod-running-timeout=10m"]
        return await kubectl(
            words,
            self.cluster,
            streams=streams,
            options=self.options,
            settings=self.settings,
            emit=self.emit,
        )

    async def results(self, name: str, target: Path) -> Results:
        """Fetch what tasks left in $KUBERRY_OUTPUT: below *target*, by index where they have one.

        Raises:
            UsageError: There is no such job.
        """
        async with self._queue() as queue:
            status = await queue.status(name)
        where = self.settings or Settings()
        known = Clusters(where.clusters_dir).load(self.cluster)
        hosts = resolve(known.hosts, where, self.emit)
        async with connect_all(hosts, self.options or ConnectOptions(), self.emit) as connections:
            nodes = await action.by_node(connections.transports)
            return await action.fetch(status, nodes, target)

    async def cancel(self, name: str) -> None:
        """End the job *name* and take away all that it left, on hosts that can be reached.

        Raises:
            UsageError: There is no such job.
        """
        async with self._queue() as queue:
            await queue.cancel(name)
        where = self.settings or Settings()
        known = Clusters(where.clusters_dir).load(self.cluster)
        hosts = resolve(known.hosts, where, self.emit)
        async with connect_all(hosts, self.options or ConnectOptions(), self.emit) as connections:
            for transport in connections.transports:
                try:
                    await results.remove(transport, name)
                except KuberryError as error:
                    self.emit(Notice(host=transport.host.name, message=error.message))

    def _brought(self) -> frozenset[str]:
        """Return the images that deploy brought to all hosts: kubelets tell of them late."""
        where = self.settings or Settings()
        known, store = Clusters(where.clusters_dir).load(self.cluster), Store(where.bundles_dir)
        there = [name for name in known.images if name in store.names()]
        return frozenset().union(*(image_names(store.load(name).artifacts) for name in there))

    @asynccontextmanager
    async def _queue(self) -> AsyncIterator[Queue]:
        where = self.settings or Settings()
        known = Clusters(where.clusters_dir).load(self.cluster)
        hosts = resolve((known.control_plane,), where, self.emit)
        async with connect_all(hosts, self.options or ConnectOptions(), self.emit) as connections:
            for _, error in connections.failures:
                raise error
            async with connect(connections.transports[0]) as kube:
                yield Queue(kube)


@dataclasses.dataclass(frozen=True, slots=True)
class JobHandle:
    """A job that was submitted: ``await (await jobs.submit(wish)).wait()``.

    Attributes:
        jobs: Those of its cluster.
        status: What it was right after the submission.
    """

    jobs: Jobs
    status: JobStatus

    async def wait(self, *, timeout_s: float | None = None) -> JobStatus:
        """Return the job when it has ended.

        Raises:
            VerifyFailed: It did not end within *timeout_s*; it goes on.
        """
        return await self.jobs.wait(self.status.wish.name, timeout_s=timeout_s)

    async def results(self, target: Path) -> Results:
        """Fetch what its tasks left, below *target*."""
        return await self.jobs.results(self.status.wish.name, target)

    async def cancel(self) -> None:
        """End it, and take away all that it left."""
        await self.jobs.cancel(self.status.wish.name)
