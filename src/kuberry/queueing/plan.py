"""What a running cluster needs for a batch queue: asked of its API server, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kuberry.errors import ApiRefused, PreflightFailed
from kuberry.model.queue import QueuePlan
from kuberry.queueing import kueue, quota, release
from kuberry.queueing.manifests import NAMESPACE, Manifest
from kuberry.queueing.queue import version_of

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_NOT_FOUND = 404
_NOT_ENDED = "status.phase!=Succeeded,status.phase!=Failed"


async def require_kueue(kube: Kube) -> str:
    """Return the version of the cluster, on which Kueue can run.

    Raises:
        PreflightFailed: It is too old.
    """
    version = await kube.version()
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
    api = kueue.choose(release.served(controller) if controller else await _served(kube))
    nodes = await kube.call("GET", "/api/v1/nodes")
    pods = await kube.call("GET", "/api/v1/pods", fieldSelector=_NOT_ENDED)
    classes = quota.classes(
        nodes.get("items") or [], pods.get("items") or [], boards, queued_in=NAMESPACE
    )
    return QueuePlan(
        kubernetes=version,
        api=api,
        classes=classes,
        controller=release.sized(controller),
        queues=kueue.queues(classes, api),
    )


async def _served(kube: Kube) -> frozenset[str]:
    try:
        group = await kube.call("GET", f"/apis/{kueue.GROUP}")
    except ApiRefused as error:
        if error.status != _NOT_FOUND:
            raise
        raise PreflightFailed(
            "this cluster has no Kueue",
            remedy="name the file manifests.yaml of a release of Kueue",
        ) from None
    return frozenset(one["version"] for one in group["versions"])
