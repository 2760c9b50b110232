"""The client reads what a real API server answered, and says what went wrong in our words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kuberry.errors import ApiRefused, ApiUnreachable
from kuberry.kube.client import Kube
from kuberry.kube.objects import Lease, Service

RECORDED = Path(__file__).parents[2] / "data" / "api"
Answer = Callable[[httpx2.Request], httpx2.Response]


def _kube(answer: Answer) -> Kube:
    return Kube(
        "https://127.0.0.1:1",
        httpx2.MockTransport(answer),
        host="red",
        look="sudo journalctl -u k3s",
    )


def _always(status: int, body: Any, **headers: str) -> Kube:
    return _kube(lambda _request: httpx2.Response(status, json=body, headers=headers))


def _items(kind: str, *items: Any) -> dict[str, Any]:
    return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {}, "items": list(items)}


def _recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text())


async def test_a_node_of_kubernetes_1_20() -> None:
    """The recorded control plane is Ready, has an address, and keeps ordinary pods away."""
    async with _always(200, _items("Node", _recorded("node.json"))) as kube:
        (node,) = await kube.nodes()

    assert (node.name, node.ready, node.problem) == ("oak", True, "")
    assert (node.version, node.address, node.repels) == ("v1.20.2", "10.88.2.2", True)
    assert node.os == "Debian GNU/Linux 12 (bookworm)"
    assert (node.kernel, node.architecture) == ("6.12.0", "amd64")
    assert node.created == datetime(2026, 11, 22, 20, 34, 15, tzinfo=UTC)


async def test_pods_of_kubernetes_1_20() -> None:
    """Both recorded pods are ready, on their node, with the labels they are known by."""
    async with _always(200, _recorded("pods.json")) as kube:
        pods = await kube.pods("kube-system")

    assert {pod.ready for pod in pods} == {True}
    assert {pod.phase for pod in pods} == {"Running"}
    assert "kube-proxy" in {pod.labels.get("k8s-app") for pod in pods}
    assert "kube-scheduler" in {pod.labels.get("component") for pod in pods}


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (
            {"containerStatuses": [{"waiting": {"reason": "A", "message": "b"}}]},
            "A: b",
        ),
        ({"containerStatuses": [{"waiting": {"reason": "A"}}]}, "A"),
        ({"initContainerStatuses": [{"terminated": {"exitCode": 3}}]}, "Error: exit status 3"),
        ({"reason": "Evicted", "message": "full"}, "Evicted: full"),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "taints"}]},
            "Unscheduled: taints",
        ),
        ({}, ""),
    ],
)
async def test_why_a_pod_does_not_run(status: dict[str, Any], problem: str) -> None:
    """What its containers say comes first, then what the scheduler says."""
    state = {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": 0}
    whole = {
        key: [state | {"state": one} for one in value] if key.endswith("Statuses") else value
        for key, value in status.items()
    }
    pod = {"metadata": {"name": "x"}, "status": whole | {"phase": "Pending"}}
    async with _always(200, _items("Pod", pod)) as kube:
        (found,) = await kube.pods("x")

    assert (found.ready, found.problem, found.node) == (False, problem, None)


async def test_leases_with_and_without_a_time() -> None:
    """A Lease that nobody has renewed is no sign of life."""
    items = [
        {"metadata": {"name": "red"}, "spec": {"renewTime": "2026-01-02T03:04:05.678901Z"}},
        {"metadata": {"name": "red01"}, "spec": {}},
    ]
    async with _always(200, _items("Lease", *items)) as kube:
        leases = await kube.leases()

    assert leases == (Lease("red", datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)),)


async def test_services_and_their_ports() -> None:
    """A service without a port of the nodes has none."""
    items = [
        {
            "metadata": {"name": "a"},
            "spec": {"clusterIP": "10.96.0.9", "ports": [{"port": 80, "nodePort": 30080}]},
        },
        {"metadata": {"name": "b"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}},
    ]
    async with _always(200, _items("Service", *items)) as kube:
        assert await kube.services("x") == (
            Service("a", "10.96.0.9", 30080),
            Service("b", "None"),
        )


async def test_where_a_service_leads() -> None:
    """To pods that are ready; one whose pods are not leads nowhere."""
    ready = {"addresses": [{"ip": "10.244.1.2"}], "ports": [{"port": 80}]}
    starts = {"notReadyAddresses": [{"ip": "10.244.1.3"}], "ports": [{"port": 80}]}
    for subsets, found in (([ready, starts], ("10.244.1.2",)), ([starts], ()), (None, ())):
        item = {"metadata": {"name": "a"}, "subsets": subsets}
        async with _always(200, _items("Endpoints", item)) as kube:
            assert await kube.endpoints("x", "a") == found


async def test_the_clock_of_the_control_plane() -> None:
    """It is in the head of every answer."""
    async with _always(200, {}, date="Fri, 02 Jan 2026 03:04:05 GMT") as kube:
        assert await kube.now() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_what_is_not_ready() -> None:
    """The lines with a minus are told; a server without any is told by its status."""
    text = "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n"
    async with _kube(lambda _request: httpx2.Response(500, text=text)) as kube:
        assert await kube.unready() == "[-]etcd failed: reason withheld"
    async with _kube(lambda _request: httpx2.Response(401, text="")) as kube:
        assert await kube.unready() == "status 401"
    async with _kube(lambda _request: httpx2.Response(200, text="ok")) as kube:
        assert await kube.unready() == ""


async def test_a_kubelet_that_does_not_answer() -> None:
    """The API server says why; one that answers has no problem."""
    message = "dial tcp 10.0.0.2:10250: connect: connection refused"
    async with _always(503, {"kind": "Status", "message": message}) as kube:
        assert await kube.kubelet_problem("red01") == message
    async with _kube(lambda _request: httpx2.Response(200, text="ok")) as kube:
        assert await kube.kubelet_problem("red01") == ""


@pytest.mark.parametrize(("status", "stays"), [(409, True), (403, False)])
async def test_what_is_there_already_stays(status: int, stays: bool) -> None:  # noqa: FBT001
    """Only a conflict is forgiven."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    body = {"kind": "Status", "code": status, "message": "quota exceeded"}
    async with _always(status, body, **{"content-type": "application/json"}) as kube:
        if stays:
            await kube.create(manifest)
            return
        with pytest.raises(ApiRefused, match="quota exceeded") as caught:
            await kube.create(manifest)
    assert (caught.value.status, caught.value.host) == (403, "red")


async def test_a_namespace_is_deleted_before_its_pods() -> None:
    """So nothing can be made in it between; one that is gone already is no error."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.method} {request.url.path}")
        body = {"kind": "Status", "code": 404, "message": "gone"}
        return httpx2.Response(200 if len(asked) < 3 else 404, json=body)

    async with _kube(answer) as kube:
        await kube.delete_namespace("x")
        await kube.delete_namespace("x")

    assert asked[:2] == ["DELETE /api/v1/namespaces/x", "DELETE /api/v1/namespaces/x/pods"]


async def test_namespaces_on_their_way_out_are_left_out() -> None:
    """They need no second deletion."""
    items = [
        {"metadata": {"name": "stays"}},
        {"metadata": {"name": "goes", "deletionTimestamp": "2026-01-01T00:00:00Z"}},
    ]
    async with _always(200, _items("Namespace", *items)) as kube:
        assert await kube.namespaces("label") == ("stays",)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx2.ConnectError(""), "nobody listens"),
        (httpx2.ReadTimeout(""), "no answer in time"),
        (httpx2.RemoteProtocolError("bad"), "nobody listens"),
        (OSError("no route"), "no route"),
    ],
)
async def test_a_server_that_does_not_answer(error: Exception, words: str) -> None:
    """Whatever the library calls it, it is one error of ours, with the host and a remedy."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        raise error

    async with _kube(answer) as kube:
        with pytest.raises(ApiUnreachable, match=words) as caught:
            await kube.nodes()
    assert caught.value.host == "red"
    assert "look on red: sudo journalctl -u k3s" in caught.value.remedy


async def test_the_default_storage_class() -> None:
    """Only the marked one counts."""
    mark = {"storageclass.kubernetes.io/is-default-class": "true"}
    classes = [
        {"metadata": {"name": "plain"}, "provisioner": "p"},
        {"metadata": {"name": "marked", "annotations": mark}, "provisioner": "p"},
    ]
    async with _always(200, _items("StorageClass", *classes)) as kube:
        assert await kube.default_storage_class() == "marked"
    async with _always(200, _items("StorageClass", classes[0])) as kube:
        assert await kube.default_storage_class() is None


@pytest.mark.parametrize(
    ("status", "count"),
    [
        ({"availableReplicas": 2, "updatedReplicas": 2}, 2),
        ({"availableReplicas": 2, "updatedReplicas": 1}, 0),
        ({}, 0),
        (None, 0),
    ],
)
async def test_only_new_pods_of_a_rollout_count(status: Any, count: int) -> None:
    """Pods of an older template prove nothing."""
    spec: dict[str, Any] = {"selector": {}, "template": {}}
    body = {"kind": "Deployment", "metadata": {"name": "x"}, "spec": spec, "status": status}
    async with _always(200, body) as kube:
        assert await kube.replicas("x", "x") == count


async def test_the_last_warning_of_each_object() -> None:
    """What is normal is no warning."""
    events = [
        {"type": "Normal", "reason": "Pulled", "message": "m", "involvedObject": {"name": "a"}},
        {"type": "Warning", "reason": "Failed", "message": "1", "involvedObject": {"name": "a"}},
        {"type": "Warning", "reason": "Failed", "message": "2", "involvedObject": {"name": "a"}},
    ]
    items = [event | {"metadata": {"name": "e"}} for event in events]
    async with _always(200, _items("Event", *items)) as kube:
        assert await kube.warnings("x") == {"a": "Failed: 2"}


@pytest.mark.parametrize("body", [{"items": 7}, [], {"items": [{"spec": {"taints": 1}}]}])
async def test_an_answer_that_makes_no_sense(body: Any) -> None:
    """It is the server's fault, and no bug of ours."""
    async with _always(200, body) as kube:
        with pytest.raises(ApiRefused, match="no sense"):
            await kube.nodes()
