"""What a running cluster needs for a batch queue: asked of its API server, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kuberry.errors import PreflightFailed
from kuberry.model.queue import QueuePlan
from kuberry.queueing import admission, kueue, quota, release
from kuberry.queueing.manifests import NAMESPACE, Manifest
from kuberry.queueing.version import kubernetes, version_of

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_NOT_ENDED = "status.phase!=Succeeded,status.phase!=Failed"


async def require_kueue(kube: Kube) -> str:
    """Return the version of the cluster, on which Kueue can run.

    Raises:
        PreflightFailed: It is too old.
    """
    version = await kubernetes(kube)
    kueue.require(version_of(version))
    return version


async def plan(
    kube: Kube, boards: Mapping[str, str | None], controller: Sequence[Manifest]
) -> QueuePlan:
    """Return what makes the cluster one with a batch queue.

    Args:
        boards: The model of each node's board, by the name of the node.
        controller: Kueue's release; empty when the cluster has Kueue already.

    Raises:
        PreflightFailed: The cluster is too old, has no Kueue, or no node that takes pods.
    """
    version = await require_kueue(kube)
    served = release.served(controller) if controller else await admission.served(kube)
    if not controller and not served:
        raise PreflightFailed(
            "this cluster has no Kueue",
            remedy="name the file manifests.yaml of a release of Kueue",
        )
    api = kueue.choose(served)
    nodes = await kube.call("GET", "/api/v1/nodes")
    pods = await kube.call("GET", "/api/v1/pods", fieldSelector=_NOT_ENDED)
    classes = quota.classes(
        nodes.get("items") or [], pods.get("items") or [], boards, queued_in=NAMESPACE
    )
    return QueuePlan(
        kubernetes=version,
        api=api,
        classes=classes,
        controller=release.fitted(controller),
        queues=kueue.queues(classes, api),
    )
