"""How a batch queue is: what Kueue itself says of it.

Contract: kubernetes-sigs/kueue, apis/kueue/v1beta2/clusterqueue_types.go, ClusterQueueStatus and
the condition Active, commit ff69552e79ad; called the same in v1beta1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kuberry.model.queue import ClassUse, QueueStatus
from kuberry.queueing import kueue, rollout
from kuberry.queueing.admission import Answer, condition_by_type, found, found_if_told, served
from kuberry.queueing.quota import amount
from kuberry.queueing.version import kubernetes

if TYPE_CHECKING:
    from kuberry.kube.client import Kube
    from kuberry.model.queue import QueueApi

_MISSING = "there is no {} kuberry: kuberry queue install makes it"


async def status(kube: Kube) -> QueueStatus:
    """Return how the queue of the cluster is.

    Raises:
        PreflightFailed: The cluster's Kueue serves no version that is known here.
    """
    version, versions = await kubernetes(kube), await served(kube)
    if not versions:
        return QueueStatus(kubernetes=version, problem="this cluster has no Kueue")
    api = kueue.choose(versions)
    controller = await rollout.controller(kube)
    cluster = await found_if_told(kube, kueue.cluster_queue_path(api))
    told = (cluster or {}).get("status") or {}
    return QueueStatus(
        kubernetes=version,
        api=api,
        controller=controller,
        problem=controller.problem or await _problem(kube, api, cluster),
        classes=classes(cluster) if cluster else (),
        pending=told.get("pendingWorkloads", 0),
        admitted=told.get("admittedWorkloads", 0),
    )


async def _problem(kube: Kube, api: QueueApi, cluster: Answer | None) -> str:
    if cluster is None:
        return _MISSING.format("ClusterQueue")
    if await found(kube, kueue.local_queue_path(api)) is None:
        return _MISSING.format("LocalQueue")
    active = condition_by_type(cluster).get("Active")
    if active is None:
        return "Kueue has not looked at the ClusterQueue kuberry yet"
    if active["status"] != "True":
        return f"the ClusterQueue kuberry is not active: {active.get('message', '')}"
    return ""


def classes(cluster_queue: Answer) -> tuple[ClassUse, ...]:
    """Return quota and use by class, in the order in which Kueue tries them."""
    used = {
        one["name"]: _by_name(one, "total")
        for one in (cluster_queue.get("status") or {}).get("flavorsUsage") or []
    }
    return tuple(
        _use(flavor["name"], _by_name(flavor, "nominalQuota"), used.get(flavor["name"], {}))
        for group in cluster_queue["spec"].get("resourceGroups") or []
        for flavor in group["flavors"]
    )


def _by_name(flavor: Answer, word: str) -> Answer:
    return {one["name"]: one.get(word, "0") for one in flavor.get("resources") or []}


def _use(flavor: str, quota: Answer, used: Answer) -> ClassUse:
    return ClassUse(
        name=flavor.removeprefix(kueue.flavor_name("")),
        cpu_millicores=int(amount(quota, "cpu") * 1000),
        memory_bytes=int(amount(quota, "memory")),
        used_cpu_millicores=int(amount(used, "cpu") * 1000),
        used_memory_bytes=int(amount(used, "memory")),
    )
