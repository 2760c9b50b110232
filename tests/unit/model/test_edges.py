"""Where hosts wait for each other is read off the plan itself."""

from __future__ import annotations

import made_up as make
from kuberry.distributions.kubeadm import install
from kuberry.model.edges import ValueEdge, edges_of, receivers_of
from kuberry.model.plan import Gate, HostPlan, Plan, PowerOff, PutArtifact, WriteFiles


def test_the_edges_of_a_new_cluster() -> None:
    """A worker's configuration waits for its token and the hash, the control plane for joins."""
    wish = make.cluster("red", "red01")
    hosts = {name: make.seen(name, f"10.0.0.{n}") for n, name in enumerate(wish.hosts, 1)}
    plan = install(wish, hosts, make.bundle())

    def edge(value: str, *ends: str) -> ValueEdge:
        producer, step, consumer, waiting = ends
        return ValueEdge(
            value=value,
            producer=producer,
            producer_step=step,
            consumer=consumer,
            consumer_step=waiting,
        )

    assert set(edges_of(plan)) == {
        edge("ca-hash", "red", "tokens", "red01", "join-file"),
        edge("token:red01", "red", "tokens", "red01", "join-file"),
        edge("joined:red01", "red01", "join", "red", "joined-red01"),
        edge("images:red", "red", "images-pause", "red", "images"),
        edge("images:red01", "red01", "images-pause", "red01", "images"),
    }


def test_switching_off_is_a_value_too_and_what_nobody_captures_is_no_edge() -> None:
    """A gate behind a power-off is an edge; a gate on nothing is left out."""
    off = PowerOff(id="off", title="off", captures=("off:red01",))
    gates = (Gate(id="g", title="g", value="off:red01"), Gate(id="h", title="h", value="nothing"))
    plan = Plan(
        title="stop",
        hosts=(HostPlan(host="red", steps=gates), HostPlan(host="red01", steps=(off,))),
    )
    (found,) = edges_of(plan)

    assert (found.value, found.producer, found.consumer_step) == ("off:red01", "red01", "g")


def test_each_artifact_has_its_receivers() -> None:
    """By digest, each host once, in the plan's order."""
    one, other = make.bundle().artifacts[:2]
    put = PutArtifact(id="put", title="put", artifact=one, path="/a")
    again = put.model_copy(update={"id": "again", "path": "/b"})
    files = WriteFiles(id="files", title="files", files=())
    plan = Plan(
        title="install",
        hosts=(
            HostPlan(host="red01", steps=(put, again)),
            HostPlan(host="red", steps=(files, put, put.model_copy(update={"artifact": other}))),
        ),
    )

    assert receivers_of(plan) == {one.sha256: ("red01", "red"), other.sha256: ("red",)}
