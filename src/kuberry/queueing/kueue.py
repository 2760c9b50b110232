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
LABEL = f"{GROUP}/queue-name"
"""Has Kueue's webhook suspend a Job until there is quota for it.

pkg/controller/constants/constants.go, QueueLabel; "you do not need to create the Job in a suspended
state": site/content/en/docs/tasks/run/jobs.md; commit ff69552e79ad.
"""
MIN_PARALLELISM = f"{GROUP}/job-min-parallelism"
"""How many tasks of an array are enough to begin; without it Kueue waits for room for all at once.

pkg/controller/jobs/job/job_controller.go, JobMinParallelismAnnotation; it is more than 0 and less
than the parallelism: job_webhook.go, validatePartialAdmissionCreate; commit ff69552e79ad.
"""
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
    found = known(served)
    if found is None:
        have, want = ", ".join(sorted(served)) or "no API", " or ".join(get_args(QueueApi))
        raise PreflightFailed(
            f"this Kueue serves {have}, and not {want}", remedy="take Kueue 0.12 to 0.19"
        )
    return found


def known(served: Collection[str]) -> QueueApi | None:
    """Return the newest version of those *served* that is known here; ``None`` for none."""
    versions: tuple[QueueApi, ...] = get_args(QueueApi)
    return next((one for one in versions if one in served), None)


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


def queued(job: Manifest) -> Manifest:
    """Return *job* so that Kueue decides when it starts, an array as soon as one task has room.

    An array keeps the number of tasks at a time that there was room for when it started.
    """
    metadata = job["metadata"]
    labels = metadata["labels"] | {LABEL: QUEUE}
    made = job | {"metadata": metadata | {"labels": labels}}
    if job["spec"].get("parallelism", 1) > 1:
        made["metadata"]["annotations"] = {MIN_PARALLELISM: "1"}
    return made


def cluster_queue_path(api: QueueApi) -> str:
    """Return where our ClusterQueue is."""
    return f"/apis/{GROUP}/{api}/clusterqueues/{QUEUE}"


def local_queue_path(api: QueueApi) -> str:
    """Return where our LocalQueue is."""
    return f"/apis/{GROUP}/{api}/namespaces/{NAMESPACE}/localqueues/{QUEUE}"


def workloads_path(api: QueueApi) -> str:
    """Return where Kueue keeps what it knows of our Jobs."""
    return f"/apis/{GROUP}/{api}/namespaces/{NAMESPACE}/workloads"


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
