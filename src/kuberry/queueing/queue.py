"""The jobs of one cluster, through its API server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kuberry.errors import ApiRefused, UsageError
from kuberry.model.job import JobStatus, JobWish
from kuberry.queueing import manifests, read
from kuberry.queueing.manifests import JOB, NAMESPACE, Manifest, Version

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_CONFLICT, _NOT_FOUND = 409, 404
_AT_ONCE = 8
_HEADS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
_JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
_KUEUE = "/apis/kueue.x-k8s.io"


class Queue:
    """The jobs of one cluster; it keeps nothing itself.

    Every method raises `kuberry.errors.ApiUnreachable` when nothing answers in time, and
    `kuberry.errors.ApiRefused` when the answer is an error.
    """

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    async def has_kueue(self) -> bool:
        """Return whether Kueue is installed."""
        try:
            await self._kube.call("GET", _KUEUE)
        except ApiRefused as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        return True

    async def submit(self, wish: JobWish) -> None:
        """Have the tasks of *wish* run; what an interrupted submission left out is made up for.

        Raises:
            UsageError: There is another job of this name.
        """
        version = version_of(await self._kube.version())
        await self._make("/api/v1/namespaces", manifests.namespace())
        await self._make(
            "/apis/scheduling.k8s.io/v1/priorityclasses", manifests.priority_class(wish.priority)
        )
        await self._make(_HEADS, manifests.head(wish))
        head = await self._kube.call("GET", f"{_HEADS}/{wish.name}")
        if read.wish_of(head) != wish or head["metadata"].get("deletionTimestamp"):
            raise UsageError(
                f"there is another job {wish.name} on the cluster",
                remedy=f"give it another name (--name), or kuberry job cancel {wish.name}",
            )
        await self._make_all(manifests.jobs(wish, head["metadata"]["uid"], version))

    async def _make_all(self, jobs: Sequence[Manifest]) -> None:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def make(job: Manifest) -> None:
            async with turns:
                await self._make(_JOBS, job)

        try:
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(make(job))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _make(self, path: str, manifest: Manifest) -> None:
        """Create what *manifest* says; what is there already stays as it is."""
        try:
            await self._kube.call("POST", path, body=manifest)
        except ApiRefused as error:
            if error.status != _CONFLICT:
                raise

    async def statuses(self) -> tuple[JobStatus, ...]:
        """Return all jobs, in the order in which they were submitted."""
        return await self._statuses(JOB)

    async def status(self, name: str) -> JobStatus:
        """Return the job *name*.

        Raises:
            UsageError: There is none.
        """
        found = await self._statuses(f"{JOB}={name}")
        if not found:
            raise UsageError(
                f"there is no job {name} on the cluster", remedy="kuberry job list shows all"
            )
        return found[0]

    async def _statuses(self, selector: str) -> tuple[JobStatus, ...]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._kube.call("GET", path, labelSelector=selector))
                for path in (_HEADS, _JOBS, _PODS)
            ]
        heads, jobs, pods = ((task.result().get("items") or []) for task in tasks)
        heads.sort(key=_age)
        return tuple(
            read.status(
                head,
                read.of_job(jobs, head["metadata"]["name"]),
                read.of_job(pods, head["metadata"]["name"]),
            )
            for head in heads
            if not head["metadata"].get("deletionTimestamp")
        )

    async def cancel(self, name: str) -> None:
        """End the job *name* and take it away; the garbage collector takes what belongs to it.

        Raises:
            UsageError: There is none.
        """
        await self.status(name)
        await self._kube.call("DELETE", f"{_HEADS}/{name}", propagationPolicy="Background")


def _age(head: dict[str, Any]) -> tuple[str, str]:
    return str(head["metadata"].get("creationTimestamp")), head["metadata"]["name"]


def version_of(text: str) -> Version:
    """Return what counts of ``v1.20.2+k3s1``.

    Raises:
        UsageError: It is no version.
    """
    found = re.match(r"v(\d+)\.(\d+)", text)
    if not found:
        raise UsageError(f"the cluster calls its version {text!r}, which makes no sense")
    return int(found[1]), int(found[2])
