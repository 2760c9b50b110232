"""Kueue's objects: versions, flavors, queues."""

from __future__ import annotations

import pytest

from kuberry.errors import PreflightFailed
from kuberry.model.queue import HostClass, QueueApi
from kuberry.queueing import kueue
from kuberry.queueing.manifests import NAMESPACE

MIB = 1024**2
CLASSES = (
    HostClass(name="arm64", nodes=("a", "b"), cpu_millicores=7500, memory_bytes=900 * MIB + 5),
    HostClass(name="amd64", nodes=("c",), cpu_millicores=4000, memory_bytes=MIB),
)


@pytest.mark.parametrize("version", [(1, 20), (1, 28)])
def test_an_old_kubernetes_is_refused_with_both_versions(version: tuple[int, int]) -> None:
    """And with what to do instead."""
    with pytest.raises(PreflightFailed, match=r"1\.29 or newer.* has 1\.2[08]\n") as error:
        kueue.require(version)

    assert "without Kueue" in error.value.remedy
    assert "newer bundle" in error.value.remedy


def test_a_kubernetes_that_is_new_enough_passes() -> None:
    """By numbers, not by letters."""
    for version in ((1, 29), (1, 100), (2, 0)):
        kueue.require(version)


def test_the_newest_version_of_the_api_is_written_that_is_served() -> None:
    """One that kuberry does not know is no choice."""
    assert kueue.choose({"v1beta1", "v1beta2", "v1alpha1"}) == "v1beta2"
    assert kueue.choose({"v1beta1", "v1alpha1"}) == "v1beta1"
    for served in ({"v1"}, set[str]()):
        with pytest.raises(PreflightFailed, match="not v1beta2 or v1beta1"):
            kueue.choose(served)


def test_each_class_has_a_flavor_that_its_nodes_and_no_others_match() -> None:
    """The label that the flavor asks for is the one that the nodes are given."""
    made = kueue.queues(CLASSES, "v1beta2")
    labels = {
        one["metadata"]["name"]: one["metadata"]["labels"] for one in made if one["kind"] == "Node"
    }
    for one, host_class in zip(
        (one for one in made if one["kind"] == "ResourceFlavor"), CLASSES, strict=True
    ):
        wanted = one["spec"]["nodeLabels"]
        assert {name for name, has in labels.items() if has == wanted} == set(host_class.nodes)


@pytest.mark.parametrize("api", ["v1beta1", "v1beta2"])
def test_the_queue_shares_out_what_the_classes_have(api: QueueApi) -> None:
    """Rounded down, to jobs of kuberry alone, by way of the LocalQueue of their namespace."""
    *_, cluster, local = kueue.queues(CLASSES, api)
    (group,) = cluster["spec"]["resourceGroups"]

    assert {cluster["apiVersion"], local["apiVersion"]} == {f"kueue.x-k8s.io/{api}"}
    assert cluster["spec"]["namespaceSelector"] == {
        "matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}
    }
    assert group["coveredResources"] == ["cpu", "memory"]
    assert [
        (flavor["name"], [(one["name"], one["nominalQuota"]) for one in flavor["resources"]])
        for flavor in group["flavors"]
    ] == [
        ("kuberry-arm64", [("cpu", "7500m"), ("memory", "900Mi")]),
        ("kuberry-amd64", [("cpu", "4000m"), ("memory", "1Mi")]),
    ]
    assert (local["kind"], local["metadata"]["namespace"]) == ("LocalQueue", NAMESPACE)
    assert local["spec"] == {"clusterQueue": cluster["metadata"]["name"]}


def test_what_is_named_is_made_before() -> None:
    """A ClusterQueue without its flavor is not active, a LocalQueue needs its namespace."""
    kinds = list(dict.fromkeys(one["kind"] for one in kueue.queues(CLASSES, "v1beta2")))

    assert kinds == ["Node", "Namespace", "ResourceFlavor", "ClusterQueue", "LocalQueue"]


def test_without_nodes_for_pods_there_is_no_queue() -> None:
    """It would hold every job for ever."""
    with pytest.raises(PreflightFailed, match="no node takes ordinary pods"):
        kueue.queues((), "v1beta2")
