"""What is free for jobs: by class of host, less what others request."""

from __future__ import annotations

from typing import Any

import pytest

from kuberry.queueing.quota import class_of, classes, requested
from queued import container, node, pod

MIB = 1024**2


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi 4 Model B Rev 1.5", "raspberry-pi-4"),
        ("Raspberry Pi 5 Model B Rev 1.0", "raspberry-pi-5"),
        ("Raspberry Pi 400 Rev 1.0", "raspberry-pi-400"),
        ("Raspberry Pi Compute Module 4 Rev 1.1", "raspberry-pi-cm4"),
        ("Raspberry Pi Zero 2 W Rev 1.0", "raspberry-pi-zero-2"),
        ("Raspberry Pi Model B Rev 2", "arm64"),
        ("Pine64 RockPro64", "arm64"),
        (None, "arm64"),
    ],
)
def test_a_class_is_the_kind_of_raspberry_pi_or_the_architecture(
    model: str | None, name: str
) -> None:
    """Revisions and models of one kind are one class; its name is one that labels may have."""
    assert class_of(model, "arm64") == name


def test_quota_is_what_is_allocatable_less_what_others_request() -> None:
    """Pods of jobs take nothing off, nor do pods that have no node; quantities in any writing."""
    pods = [
        pod(container("250m", "100Mi"), container("0.1", "28Mi")),
        pod(container("1", "512Mi"), ns="kuberry-jobs"),
        pod(container("1", "512Mi"), on=None),
        pod({}),
    ]
    (found,) = classes(
        [node("a", cpu="3920m", memory="1048576Ki")], pods, {}, queued_in="kuberry-jobs"
    )

    assert (found.name, found.nodes) == ("arm64", ("a",))
    assert (found.cpu_millicores, found.memory_bytes) == (3920 - 350, (1024 - 128) * MIB)


def test_nodes_of_a_class_are_one_quota_and_classes_are_in_order() -> None:
    """The class with most processors comes first: Kueue tries flavors in their order."""
    boards = {"a": "Raspberry Pi 4", "c": "Raspberry Pi 4", "b": "Raspberry Pi 5"}
    found = classes([node("c"), node("b", cpu="7"), node("a")], [], boards, queued_in="x")

    assert [(one.name, one.nodes, one.cpu_millicores) for one in found] == [
        ("raspberry-pi-4", ("a", "c"), 8000),
        ("raspberry-pi-5", ("b",), 7000),
    ]


def test_what_one_node_lacks_is_not_taken_from_another() -> None:
    """A node whose pods request more than there is has nothing, not less than nothing."""
    found = classes([node("a"), node("b")], [pod(container("9", "9Gi"))], {}, queued_in="q")

    assert [(one.cpu_millicores, one.memory_bytes) for one in found] == [(4000, 1024 * MIB)]


def test_nodes_that_repel_pods_do_not_count() -> None:
    """Of the control plane, cordoned, not ready; one that is merely not preferred does."""
    nodes = [node("a", "NoSchedule"), node("b", "NoExecute"), node("c", "PreferNoSchedule")]

    assert [one.nodes for one in classes(nodes, [], {}, queued_in="x")] == [("c",)]
    assert classes(nodes[:2], [], {}, queued_in="x") == ()


@pytest.mark.parametrize(
    ("init", "cpu"),
    [
        ([], 2),
        ([container("1")], 2),
        ([container("5"), container("3")], 5),
        ([container("1", restartPolicy="Always")], 3),
        ([container("1", restartPolicy="Always"), container("4")], 5),
        ([container("4"), container("1", restartPolicy="Always")], 4),
    ],
)
def test_a_pod_requests_what_runs_at_once(init: list[dict[str, Any]], cpu: int) -> None:
    """Init containers one by one, sidecars beside all that follows, and the overhead on top."""
    one = pod(container("1500m"), container("500m"), initContainers=init)

    assert requested(one, "cpu") == cpu
    one["spec"]["overhead"] = {"cpu": "250m"}
    assert float(requested(one, "cpu")) == cpu + 0.25
