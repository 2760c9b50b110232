"""What Kueue has to do with our jobs: whether they go to it, and why it has them wait.

Contract: kubernetes-sigs/kueue at commit ff69552e79ad. A Workload belongs to its Job by an owner
reference (pkg/controller/jobframework/reconciler.go, SetControllerReference); its conditions are
those of apis/kueue/v1beta2/workload_types.go, and called the same in apis/kueue/v1beta1 of release
v0.12.10 (commit bd167035c5e4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from kuberry.errors import ApiRefused
from kuberry.queueing import kueue

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

Answer = dict[str, Any]
Queueing = Literal["queued", "no-queue", "no-kueue"]
WORDS: dict[Queueing, str] = {
    "no-queue": (
        "Kueue is there without the queue of kuberry, so tasks start by priority as there is room; "
        "kuberry queue install makes it"
    ),
    "no-kueue": "without Kueue, tasks start by priority as there is room",
}
_NOT_FOUND, _BROKEN = 404, 500


async def served(kube: Kube) -> frozenset[str]:
    """Return the versions of its API that Kueue serves; none where there is no Kueue."""
    group = await found(kube, f"/apis/{kueue.GROUP}")
    return frozenset(one["version"] for one in group["versions"]) if group else frozenset()


async def queueing(kube: Kube) -> Queueing:
    """Return whether jobs go to a queue of ours; a Kueue without it would leave them suspended."""
    versions = await served(kube)
    if not versions:
        return "no-kueue"
    api = kueue.known(versions)
    if api is None or await found(kube, kueue.local_queue_path(api)) is None:
        return "no-queue"
    return "queued"


async def workloads(kube: Kube) -> list[Answer]:
    """Return what Kueue knows of our Jobs; nothing where there is no Kueue, or none that works."""
    api = kueue.known(await served(kube))
    listed = await found_if_told(kube, kueue.workloads_path(api)) if api else None
    return (listed or {}).get("items") or []


async def found(kube: Kube, path: str) -> Answer | None:
    """Return what is at *path*; ``None`` where there is nothing."""
    try:
        return await kube.call("GET", path)
    except ApiRefused as error:
        if error.status != _NOT_FOUND:
            raise
        return None


async def found_if_told(kube: Kube, path: str) -> Answer | None:
    """Return what is at *path*, an object of Kueue's; ``None`` also where Kueue does not work.

    To tell them in another version than they are kept in, the API server asks Kueue's webhook:
    config/components/crd/patches/webhook_in_workloads.yaml, commit ff69552e79ad.
    """
    try:
        return await found(kube, path)
    except ApiRefused as error:
        if error.status != _BROKEN:
            raise
        return None


def why_waiting(job: Answer, workloads: Iterable[Answer]) -> str:
    """Return why Kueue has *job* wait; empty when it does not."""
    if job["spec"].get("suspend"):
        return _why_suspended(next((one for one in workloads if _is_of(one, job)), None))
    some, all_of_them = job["spec"].get("parallelism"), job["spec"].get("completions")
    if kueue.LABEL in (job["metadata"].get("labels") or {}) and (some or 0) < (all_of_them or 0):
        return f"there was room for {some} tasks at a time"
    return ""


def _is_of(workload: Answer, job: Answer) -> bool:
    owners: Sequence[Answer] = workload["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == job["metadata"]["uid"] for one in owners)


def _why_suspended(workload: Answer | None) -> str:
    if workload is None:
        return "in the queue: Kueue has not looked at it yet, see kuberry queue status"
    conditions = condition_by_type(workload)
    for kind in ("QuotaReserved", "Admitted"):  # in the order in which they come true
        said = conditions.get(kind)
        if said is not None and said["status"] != "True":
            return f"in the queue: {said.get('message') or said.get('reason') or kind}"
    return ""


def condition_by_type(one: Answer) -> dict[str, Answer]:
    """Return the conditions of *one* by their types."""
    return {said["type"]: said for said in (one.get("status") or {}).get("conditions") or []}
