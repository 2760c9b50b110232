"""The jobs of one cluster, through its API server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kuberry.errors import ApiRefused, UsageError
from kuberry.model.job import JobStatus, JobWish
from kuberry.queueing import admission, images, kueue, manifests, read
from kuberry.queueing.admission import Queueing
from kuberry.queueing.manifests import JOB, NAMESPACE, Manifest
from kuberry.queueing.version import kubernetes, version_of

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_CONFLICT = 409
_AT_ONCE = 8
_HEADS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
_JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
_NODES = "/api/v1/nodes"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


class Queue:
    """The jobs of one cluster; it keeps nothing itself.

    Every method raises `kuberry.errors.ApiUnreachable` when nothing answers in time, and
    `kuberry.errors.ApiRefused` when the answer is an error.
    """

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    async def queueing(self) -> Queueing:
        """Return whether jobs go to a queue of Kueue's."""
        return await admission.queueing(self._kube)

    async def require_image(self, image: str) -> None:
        """Refuse an image that no node has, and that can be had from nowhere.

        A kubelet tells of a new image after up to 40 s: it looks every 30 s and tells every 10 s
        (kubernetes/kubernetes v1.20.2, pkg/kubelet/images/image_gc_manager.go and
        pkg/kubelet/apis/config/v1beta1/defaults.go).

        Raises:
            UsageError: It is so.
        """
        nodes = await self._kube.call("GET", _NODES)
        images.refuse_absent(image, nodes.get("items") or ())

    async def submit(self, wish: JobWish, *, queueing: Queueing = "no-kueue") -> None:
        """Have the tasks of *wish* run; what an interrupted submission left out is made up for.

        Args:
            queueing: ``queued`` has them wait in Kueue's queue; else they start as there is room.

        Raises:
            UsageError: There is another job of this name.
        """
        version = version_of(await kubernetes(self._kube))
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
        made = manifests.jobs(wish, head["metadata"]["uid"], version)
        queued = queueing == "queued"
        await self._make_all(tuple(map(kueue.queued, made)) if queued else made)

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
            waiting = group.create_task(admission.workloads(self._kube))
        heads, jobs, pods = ((task.result().get("items") or []) for task in tasks)
        heads.sort(key=_age)
        return tuple(
            read.status(
                head,
                read.of_job(jobs, head["metadata"]["name"]),
                read.of_job(pods, head["metadata"]["name"]),
                waiting.result(),
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
