"""What a cluster needs for a queue: asked of a stand-in for its API server, over HTTP in process.

Its answers follow https://kubernetes.io/docs/reference/using-api/ (APIGroup, lists, field
selectors, Status) and the versions that releases of Kueue serve: kubernetes-sigs/kueue,
config/components/crd/bases/kueue.x-k8s.io_clusterqueues.yaml, commit ff69552e79ad.
"""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from kuberry.errors import ApiRefused, PreflightFailed
from kuberry.kube.client import Kube
from kuberry.queueing.plan import plan, require_kueue
from queued import DEPLOYMENT, container, crd, node, pod

GROUP = "/apis/kueue.x-k8s.io"


class StandIn:
    """An API server; Kueue is there when *served* names versions of its API.

    Attributes:
        asked: All that was asked of it, as method and path.
    """

    def __init__(
        self, *served: str, version: str = "v1.31.4+k3s1", kubelets: tuple[str, ...] = ()
    ) -> None:
        self.asked: list[tuple[str, str]] = []
        ended = pod(container("3")) | {"status": {"phase": "Succeeded"}}
        more = [node(one, "NoSchedule") for one in kubelets]
        for one, version_of_it in zip(more, kubelets, strict=True):
            one["status"]["nodeInfo"]["kubeletVersion"] = version_of_it
        self._answers: dict[str, Any] = {
            "/version": {"gitVersion": version},
            "/api/v1/nodes": {"items": [node("a"), node("red", "NoSchedule"), *more]},
            "/api/v1/pods": {"items": [pod(container("500m")), ended]},
        }
        if served:
            versions = [{"groupVersion": f"kueue.x-k8s.io/{one}", "version": one} for one in served]
            self._answers[GROUP] = {"kind": "APIGroup", "versions": versions}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as an API server."""
        path = request.url.path
        self.asked.append((request.method, path))
        if path not in self._answers:
            return httpx2.Response(404, json={"kind": "Status", "message": "not found"})
        body = self._answers[path]
        if "phase!=Succeeded" in request.url.params.get("fieldSelector", ""):
            body = {"items": [one for one in body["items"] if "status" not in one]}
        return httpx2.Response(200, json=body)

    def kube(self) -> Kube:
        """Return a client of it."""
        way = httpx2.MockTransport(self.answer)
        return Kube("https://127.0.0.1:1", way, host="red", look="")


async def test_a_cluster_with_kueue_needs_queues_alone() -> None:
    """In the newest version it serves, of what its pods leave; it is looked at, not touched."""
    server = StandIn("v1beta1", "v1beta2")
    async with server.kube() as kube:
        made = await plan(kube, {"a": "Raspberry Pi 4 Model B Rev 1.5"}, ())

    assert (made.kubernetes, made.api, made.controller) == ("v1.31.4+k3s1", "v1beta2", ())
    assert [(one.name, one.nodes, one.cpu_millicores) for one in made.classes] == [
        ("raspberry-pi-4", ("a",), 3500)
    ]
    assert made.queues[-1]["kind"] == "LocalQueue"
    assert {method for method, _ in server.asked} == {"GET"}
    assert type(made).model_validate_json(made.model_dump_json()) == made


async def test_the_file_of_a_release_decides_what_is_written() -> None:
    """What the cluster serves now is not what it will serve then."""
    release = (crd("clusterqueues", v1beta1=True), DEPLOYMENT)
    for server in (StandIn(), StandIn("v1beta2")):
        async with server.kube() as kube:
            made = await plan(kube, {}, release)

        (container,) = made.controller[1]["spec"]["template"]["spec"]["containers"][:1]
        assert made.api == "v1beta1"
        assert container["resources"]["requests"]["cpu"] == "100m"
        assert ("GET", GROUP) not in server.asked


async def test_without_kueue_and_its_file_the_remedy_names_the_file() -> None:
    """Another refusal is no absence."""
    async with StandIn().kube() as kube:
        with pytest.raises(PreflightFailed, match="has no Kueue") as error:
            await plan(kube, {}, ())
    assert "manifests.yaml" in error.value.remedy

    way = httpx2.MockTransport(
        lambda request: (
            httpx2.Response(403, json={"message": "forbidden"})
            if request.url.path == GROUP
            else httpx2.Response(200, json={"gitVersion": "v1.31.4"})
        )
    )
    async with Kube("https://127.0.0.1:1", way, host="red", look="") as kube:
        with pytest.raises(ApiRefused, match="forbidden"):
            await plan(kube, {}, ())


async def test_an_old_cluster_is_refused_before_anything_else_is_asked() -> None:
    """Whatever it serves and whatever file is named."""
    for release in ((), (crd("clusterqueues", v1beta1=True), DEPLOYMENT)):
        server = StandIn("v1beta1", version="v1.20.2")
        async with server.kube() as kube:
            with pytest.raises(PreflightFailed, match=r"1\.29 or newer.* has 1\.20"):
                await plan(kube, {}, release)
            with pytest.raises(PreflightFailed):
                await require_kueue(kube)

        assert set(server.asked) == {("GET", "/version")}


async def test_a_server_without_a_version_has_that_of_its_newest_kubelet() -> None:
    """As the lab's is; a kubelet is never newer than its API server."""
    for kubelets, word in ((("v1.19.9", "v1.20.2"), "has 1.20"), ((), "has 0.0")):
        server = StandIn(version="v0.0.0-master+$Format:%H$", kubelets=kubelets)
        async with server.kube() as kube:
            with pytest.raises(PreflightFailed, match=word.replace(".", r"\.")):
                await require_kueue(kube)

    async with StandIn(version="v0.0.0-master", kubelets=("v1.31.4",)).kube() as kube:
        assert await require_kueue(kube) == "v1.31.4"
