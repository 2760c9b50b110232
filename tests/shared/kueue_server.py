"""A stand-in for the API server of a cluster that gets Kueue, asked over HTTP in process.

It runs nothing. Of the API server it has discovery, server-side apply with conflicts, definitions
that are established a moment after they come, and 415 for a body that is no apply patch:
https://kubernetes.io/docs/reference/using-api/server-side-apply/ and …/api-concepts/.

Of Kueue it has, from kubernetes-sigs/kueue at commit ff69552e79ad:

- the webhook that suspends Jobs with a queue's name: pkg/controller/jobframework/defaults.go,
  ApplyDefaultForSuspend; it refuses an array's least parallelism as jobs/job/job_webhook.go does;
- webhooks that do not answer before the controller is ready (failurePolicy Fail):
  config/components/webhook/manifests.yaml;
- a Workload for each such Job, which the Job owns, with the condition QuotaReserved:
  apis/kueue/v1beta2/workload_types.go; what it says: pkg/scheduler/flavorassigner;
- ClusterQueue.status and its condition Active: apis/kueue/v1beta2/clusterqueue_types.go.
"""

from __future__ import annotations

import json
from typing import Any

import httpx2

from kuberry.kube.client import Kube
from queued import DEPLOYMENT, crd, node

Answer = dict[str, Any]
GROUP = "/apis/kueue.x-k8s.io"
RELEASE: tuple[Answer, ...] = (
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kueue-system"}},
    *(
        crd(one, v1beta1=True, v1beta2=True)
        for one in ("clusterqueues", "localqueues", "resourceflavors", "workloads")
    ),
    DEPLOYMENT,
)
_KINDS = {
    "/api/v1": {"Node": "nodes", "Namespace": "namespaces"},
    "/apis/apps/v1": {"Deployment": "deployments"},
    "/apis/apiextensions.k8s.io/v1": {"CustomResourceDefinition": "customresourcedefinitions"},
    f"{GROUP}/v1beta2": {
        "ClusterQueue": "clusterqueues",
        "LocalQueue": "localqueues",
        "ResourceFlavor": "resourceflavors",
        "Workload": "workloads",
    },
}
_NAMESPACED = {"Deployment", "LocalQueue", "Workload"}
_PULLING = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}


class KueueServer:
    """A cluster of one node with four cores.

    Attributes:
        kept: Objects by path.
        asked: All that was asked of it, as method and path.
        looks: How often a definition and the Deployment are looked at before they are ready.
        pulls: Whether the node can have Kueue's image.
        early: How many requests still come too soon: for a kind, then for a webhook's pod.
        converts: Whether Kueue's webhook tells its objects in the version that is asked for.
    """

    def __init__(self, version: str = "v1.31.4", *, looks: int = 1, pulls: bool = True) -> None:
        self.kept: dict[str, Answer] = {"/api/v1/nodes/a": node("a")}
        self.asked: list[tuple[str, str]] = []
        self.looks, self.pulls = looks, pulls
        self.converts, self.early = True, [0, 0]
        self._version = version
        self._seen: dict[str, int] = {}

    def kube(self) -> Kube:
        """Return a client of it."""
        way = httpx2.MockTransport(self.answer)
        return Kube("https://127.0.0.1:1", way, host="red", look="")

    def kinds(self, kind: str) -> list[Answer]:
        """Return the objects of *kind* that it keeps."""
        return [one for one in self.kept.values() if one.get("kind") == kind]

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as an API server."""
        path = request.url.path
        self.asked.append((request.method, path))
        if request.method == "PATCH":
            return self._apply(request, path)
        if request.method == "POST":
            return self._create(path, json.loads(request.content))
        if request.method == "DELETE":
            return self._delete(path)
        if path == "/version":
            return httpx2.Response(200, json={"gitVersion": self._version})
        if path in _KINDS or path == GROUP:
            return self._discover(path)
        return self._get(path, request.url.params.get("labelSelector", ""))

    def _discover(self, path: str) -> httpx2.Response:
        if path.startswith(GROUP) and not self._is_established("clusterqueues.kueue.x-k8s.io"):
            return _status(404, "not found")
        if path.startswith(f"{GROUP}/") and self.early[0]:
            self.early[0] -= 1
            return httpx2.Response(200, json={"resources": []})
        if path == GROUP:
            versions = [{"version": one} for one in ("v1beta1", "v1beta2")]
            return httpx2.Response(200, json={"kind": "APIGroup", "versions": versions})
        resources = [
            {"name": name, "kind": kind, "namespaced": kind in _NAMESPACED}
            for kind, name in _KINDS[path].items()
        ]
        beside = [{"name": "deployments/status", "kind": "Deployment", "namespaced": True}]
        return httpx2.Response(200, json={"resources": resources + beside})

    def _get(self, path: str, selector: str) -> httpx2.Response:
        if path.startswith(f"{GROUP}/") and not self.converts:
            return _status(500, "conversion webhook for kueue.x-k8s.io/v1beta1 failed: refused")
        if path in self.kept:
            self._seen[path] = self._seen.get(path, 0) + 1
            return httpx2.Response(200, json=self._with_status(path))
        if path.rpartition("/")[2] in {"configmaps", "jobs", "pods", "nodes", "workloads"}:
            return httpx2.Response(200, json={"items": self._listed(path, selector)})
        return _status(404, f"{path} not found")

    def _listed(self, path: str, selector: str) -> list[Answer]:
        if path.endswith("/kueue-system/pods"):
            return self._pods()
        if path == "/api/v1/pods":
            return self._running()
        found = (one for place, one in self.kept.items() if place.rpartition("/")[0] == path)
        key, _, value = selector.partition("=")
        labelled = ((one["metadata"].get("labels") or {}, one) for one in found)
        return [
            one
            for labels, one in labelled
            if not key or labels.get(key) == value or (not value and key in labels)
        ]

    def _running(self) -> list[Answer]:
        """Return the controller's pod on a node, with what it requests."""
        if not self.is_ready():
            return []
        (deployment,) = self.kinds("Deployment")
        name = self.nodes()[0]
        spec = deployment["spec"]["template"]["spec"] | {"nodeName": name}
        return [{"metadata": {"name": "x", "namespace": "kueue-system"}, "spec": spec}]

    def nodes(self) -> list[str]:
        """Return the names of its nodes."""
        places = (one for one in self.kept if one.startswith("/api/v1/nodes/"))
        return [one.rpartition("/")[2] for one in places]

    def _pods(self) -> list[Answer]:
        if not any(path.endswith("-controller-manager") for path in self.kept):
            return []
        waits = {"name": "manager", "image": "i", "imageID": "", "restartCount": 0, "ready": False}
        waits |= {"state": {"waiting": _PULLING}}
        status = {"phase": "Pending"} | ({} if self.pulls else {"containerStatuses": [waits]})
        metadata = {"name": "kueue-controller-manager-x", "namespace": "kueue-system"}
        return [{"metadata": metadata, "spec": {"containers": []}, "status": status}]

    def _with_status(self, path: str) -> Answer:
        one = self.kept[path]
        if one.get("kind") == "CustomResourceDefinition":
            said = "True" if self._seen[path] > self.looks else "False"
            return one | {"status": {"conditions": [{"type": "Established", "status": said}]}}
        if one.get("kind") == "Deployment":
            count = int(self.is_ready(path))
            counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": count}
            return one | {"status": counts | {"observedGeneration": 1}}
        if one.get("kind") == "ClusterQueue":
            return one | {"status": self._use(one)}
        return one

    def is_ready(self, path: str = "") -> bool:
        """Return whether Kueue's controller answers."""
        place = path or next((one for one in self.kept if "/deployments/" in one), "")
        return self.pulls and self._seen.get(place, 0) > self.looks

    def _is_established(self, name: str) -> bool:
        place = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
        return self._seen.get(place, 0) > self.looks

    def _use(self, queue: Answer) -> Answer:
        admitted = [one for one in self.kinds("Workload") if _is_admitted(one)]
        cores = sum(one["spec"]["cores"] for one in admitted)
        flavor = queue["spec"]["resourceGroups"][0]["flavors"][0]["name"]
        total = [{"name": "cpu", "total": str(cores)}, {"name": "memory", "total": "0"}]
        return {
            "conditions": [{"type": "Active", "status": "True"}],
            "flavorsUsage": [{"name": flavor, "resources": total}],
            "pendingWorkloads": len(self.kinds("Workload")) - len(admitted),
            "admittedWorkloads": len(admitted),
        }

    def _apply(self, request: httpx2.Request, path: str) -> httpx2.Response:
        if request.headers["content-type"] != "application/apply-patch+yaml":
            return _status(415, "the body of the request was in an unknown format")
        manager = request.url.params["fieldManager"]
        body, before = json.loads(request.content), self.kept.get(path, {})
        of_kueue = body["apiVersion"].startswith("kueue.")
        if of_kueue and (self.early[1] or not self.is_ready()):
            self.early[1] -= 1
            return _status(500, 'failed calling webhook "mclusterqueue.kb.io": connection refused')
        lost = _not_of(manager, before, body)
        if lost:
            return _status(409, f'Apply failed with 1 conflict: conflict with "{lost}": .spec')
        after = _merged(before, body)
        if _plain(after) != _plain(before):
            number = int(before.get("metadata", {}).get("resourceVersion", 0)) + 1
            after["metadata"] |= {"resourceVersion": str(number), "managedFields": [manager]}
        self.kept[path] = after
        return httpx2.Response(200, json=self.kept[path])

    def _create(self, path: str, body: Answer) -> httpx2.Response:
        place = f"{path}/{body['metadata']['name']}"
        if place in self.kept:
            return _status(409, "already exists")
        if body["kind"] == "Job" and "kueue.x-k8s.io/queue-name" in body["metadata"]["labels"]:
            refused = self._suspend(body, place)
            if refused:
                return _status(403, refused)
        self.kept[place] = body | {"metadata": body["metadata"] | {"uid": place}}
        return httpx2.Response(201, json=self.kept[place])

    def _suspend(self, job: Answer, uid: str) -> str:
        spec = job["spec"]
        least = (job["metadata"].get("annotations") or {}).get("kueue.x-k8s.io/job-min-parallelism")
        count = spec.get("parallelism", 1)
        if least is not None and not 0 < int(least) < count:
            return f"should be between 0 and {count - 1}"
        each = int(spec["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"])
        room = min(count, 4 // each)
        if room < (count if least is None else int(least)):
            spec["suspend"], cores = True, 0
            what = "insufficient quota for cpu in flavor kuberry-arm64"
        else:
            spec["suspend"], cores, what = False, room * each, ""
            spec |= {"parallelism": room} if least else {}
        self._keep_workload(job, uid, cores, what)
        return ""

    def _keep_workload(self, job: Answer, uid: str, cores: int, message: str) -> None:
        name = f"job-{job['metadata']['name']}-x"
        said = {"type": "QuotaReserved", "status": str(not message), "message": message}
        path = f"{GROUP}/v1beta2/namespaces/kuberry-jobs/workloads/{name}"
        owner = {"kind": "Job", "name": job["metadata"]["name"], "uid": uid, "controller": True}
        self.kept[path] = {
            "kind": "Workload",
            "metadata": {"name": name, "ownerReferences": [owner]},
            "spec": {"cores": cores},
            "status": {"conditions": [said]},
        }

    def _delete(self, path: str) -> httpx2.Response:
        """Delete, and what belongs to it: as the garbage collector soon does."""
        gone = self.kept.pop(path)
        uid = gone["metadata"].get("uid")
        for place, one in list(self.kept.items()):
            owners = one["metadata"].get("ownerReferences") or []
            if uid and any(owner["uid"] == uid for owner in owners):
                self._delete(place)
        return httpx2.Response(200, json=gone)


def _status(code: int, message: str) -> httpx2.Response:
    return httpx2.Response(code, json={"kind": "Status", "message": message})


def _is_admitted(workload: Answer) -> bool:
    return bool(workload["status"]["conditions"][0]["status"] == "True")


def _merged(before: Any, said: Any) -> Any:
    """Return *before* with what is *said*: maps are merged, all else is replaced."""
    if not isinstance(before, dict) or not isinstance(said, dict):
        return said
    return before | {key: _merged(before.get(key), value) for key, value in said.items()}


def _plain(one: Answer) -> Any:
    hidden = {"resourceVersion", "managedFields"}
    metadata = {key: value for key, value in one.get("metadata", {}).items() if key not in hidden}
    return {key: value for key, value in one.items() if key != "status"} | {"metadata": metadata}


def _not_of(manager: str, before: Answer, body: Answer) -> str:
    """Return who else has set a spec that *body* says otherwise."""
    others = [one for one in before.get("metadata", {}).get("managedFields", []) if one != manager]
    old = before.get("spec")
    return others[0] if others and _merged(old, body.get("spec")) != old else ""
