"""Kueue's objects for the jobs of one cluster; pure.

Contract: kubernetes-sigs/kueue at commit ff69552e79ad, apis/kueue/v1beta2/{resourceflavor,
clusterqueue,localqueue}_types.go, and apis/kueue/v1beta1 of release v0.12.10 (commit bd167035c5e4):
the fields written here are called the same in both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import get_args

from kuberry.errors import PreflightFailed
from kuberry.model.queue import HostClass, QueueApi
from kuberry.queueing.manifests import NAMESPACE, Manifest, Version, namespace

GROUP = "kueue.x-k8s.io"
QUEUE = "kuberry"
"""The name of the ClusterQueue and of the LocalQueue."""
CLASS = "kuberry.internal/class"
SINCE: Version = (1, 29)
"""The oldest Kubernetes for Kueue 0.12 and later.

README.md of kubernetes-sigs/kueue says "Requires Kubernetes 1.29 or newer" from tag v0.12.10
(commit bd167035c5e4) to v0.19.0 (commit 911a822a49bc); 1.25 from 0.8 on, 1.22 before.
"""
_MIB = 1024**2


def require(version: Version) -> None:
    """Refuse a Kubernetes that Kueue does not run on.

    Raises:
        PreflightFailed: It is too old.
    """
    if version < SINCE:
        have, want = (".".join(map(str, one)) for one in (version, SINCE))
        raise PreflightFailed(
            f"Kueue needs Kubernetes {want} or newer, and this cluster has {have}",
            remedy="jobs run without Kueue, by priority; for Kueue, deploy from a newer bundle",
        )


def choose(served: Collection[str]) -> QueueApi:
    """Return which version of Kueue's API to write, of those that are *served*.

    Raises:
        PreflightFailed: None of them is known here.
    """
    known: tuple[QueueApi, ...] = get_args(QueueApi)
    for one in known:
        if one in served:
            return one
    raise PreflightFailed(
        f"this Kueue serves {', '.join(sorted(served)) or 'no API'}, and not {' or '.join(known)}",
        remedy="take Kueue 0.12 to 0.19",
    )


def queues(classes: Sequence[HostClass], api: QueueApi) -> tuple[Manifest, ...]:
    """Return all that jobs of kuberry need of Kueue, in the order in which to make it.

    Raises:
        PreflightFailed: There is no class: no node takes ordinary pods.
    """
    if not classes:
        raise PreflightFailed(
            "no node takes ordinary pods, so there is nothing to share out",
            remedy="kuberry verify says which nodes are not ready, and why",
        )
    labels = (_labelled(node, one.name) for one in classes for node in one.nodes)
    flavors = (_flavor(one, api) for one in classes)
    return (*labels, namespace(), *flavors, _cluster_queue(classes, api), _local_queue(api))


def flavor_name(host_class: str) -> str:
    """Return the name of the ResourceFlavor of *host_class*."""
    return f"kuberry-{host_class}"


def _labelled(node: str, host_class: str) -> Manifest:
    """Return what a server-side apply makes one label of a node, and no more."""
    metadata = {"name": node, "labels": {CLASS: host_class}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata}


def _flavor(one: HostClass, api: QueueApi) -> Manifest:
    spec = {"nodeLabels": {CLASS: one.name}}
    return _object("ResourceFlavor", flavor_name(one.name), api, spec)


def _cluster_queue(classes: Sequence[HostClass], api: QueueApi) -> Manifest:
    flavors = [{"name": flavor_name(one.name), "resources": _quota(one)} for one in classes]
    ours = {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
    spec = {
        "namespaceSelector": ours,
        "resourceGroups": [{"coveredResources": ["cpu", "memory"], "flavors": flavors}],
    }
    return _object("ClusterQueue", QUEUE, api, spec)


def _quota(one: HostClass) -> list[Manifest]:
    return [  # in the order of coveredResources, as ResourceGroup.flavors wants it
        {"name": "cpu", "nominalQuota": f"{one.cpu_millicores}m"},
        {"name": "memory", "nominalQuota": f"{one.memory_bytes // _MIB}Mi"},
    ]


def _local_queue(api: QueueApi) -> Manifest:
    made = _object("LocalQueue", QUEUE, api, {"clusterQueue": QUEUE})
    return made | {"metadata": {"name": QUEUE, "namespace": NAMESPACE}}


def _object(kind: str, name: str, api: QueueApi, spec: Manifest) -> Manifest:
    return {
        "apiVersion": f"{GROUP}/{api}",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
