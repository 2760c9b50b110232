"""What is judged of nodes and system pods, from what was seen."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

import asked
import made_up as make
from asked import HOSTS, NOW, node, outcomes, pod, result, sight, view
from kuberry.kube.objects import Pod
from kuberry.model.finding import Outcome
from kuberry.verify import system
from kuberry.verify.ledger import Ledger
from kuberry.verify.nodes import judge_nodes, judge_routes
from kuberry.verify.sight import Sight
from kuberry.verify.system import judge_system, settled


def _judged(**changes: Any) -> Ledger:
    ledger = Ledger()
    seen = sight(**changes)
    judge_nodes(seen, ledger)
    judge_routes(seen, ledger)
    judge_system(seen, ledger)
    return ledger


def _with(name: str, **changes: Any) -> dict[str, Any]:
    return {one: node(one, **(changes if one == name else {})) for one in HOSTS}


def _seen_by(name: str, **changes: Any) -> dict[str, Any]:
    return {one: view(one, **(changes if one == name else {})) for one in HOSTS}


def test_a_healthy_cluster() -> None:
    """Nothing fails, nothing is skipped, every host has its rows."""
    ledger = _judged()

    assert outcomes(ledger, Outcome.FAIL) | outcomes(ledger, Outcome.SKIPPED) == set()
    assert outcomes(ledger, Outcome.ABSENT) == {("system.pods", None)}
    assert {where for probe, where in outcomes(ledger, Outcome.OK) if probe == "nodes.ready"} == {
        *HOSTS
    }


def test_k3s_has_no_pods_of_a_control_plane() -> None:
    """It runs all of them in its own process, and flannel sets the routes."""
    wish = make.k3s_cluster(*HOSTS, version="v1.20.2", network="host-gw")
    views = {one: view(one, pod_network=None, routes={}) for one in HOSTS}
    ledger = _judged(cluster=wish, pods=(), views=views)

    assert outcomes(ledger, Outcome.FAIL) | outcomes(ledger, Outcome.SKIPPED) == set()
    assert outcomes(ledger, Outcome.ABSENT) == {
        ("system.control-plane", "red"),
        *(("system.proxy", name) for name in HOSTS),
        ("system.pods", None),
    }


@pytest.mark.parametrize(("age", "ok"), [(20.0, True), (20.1, False), (-3.0, True)])
def test_ready_is_believed_with_a_fresh_lease_only(age: float, ok: bool) -> None:  # noqa: FBT001
    """20 s by the control plane's clock; a kubelet whose clock is ahead is alive, too."""
    leases = dict.fromkeys(HOSTS, NOW) | {"red01": NOW - timedelta(seconds=age)}
    ledger = _judged(leases=leases)

    assert outcomes(ledger, Outcome.FAIL) == (set() if ok else {("nodes.ready", "red01")})


def test_a_kubelet_that_cannot_ask_is_not_the_cause() -> None:
    """It asks the API server whether it may answer it: what cuts off its host is the cause."""
    cut = _seen_by("red01", api_problem="timed out")
    ledger = _judged(views=cut, kubelets=dict.fromkeys(HOSTS, "") | {"red01": "403"})

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.api", "red01")}
    assert ("nodes.kubelet", "red01") in outcomes(ledger, Outcome.SKIPPED)


@pytest.mark.parametrize(("host", "unit"), [("red", "k3s"), ("red01", "k3s-agent")])
def test_what_to_type_is_of_the_distribution(host: str, unit: str) -> None:
    """k3s has no unit of the name kubelet: remedies name the one that runs the kubelet there."""
    wish = make.k3s_cluster(*HOSTS, version="v1.20.2")
    refused = {host: "dial tcp: connect: connection refused"}
    for changes in (
        {"kubelets": dict.fromkeys(HOSTS, "") | refused, "nodes": _with(host, ready=False)},
        {"leases": {name: NOW for name in HOSTS if name != host}},
        {"leases": dict.fromkeys(HOSTS, NOW) | {host: NOW - timedelta(seconds=60)}},
    ):
        failed = _judged(cluster=wish, **changes).results()
        said = " ".join(one.remedy for one in failed if one.outcome is Outcome.FAIL)
        assert f"{unit} " in f"{said.replace(';', ' ')} "
        assert "kubelet" not in said


def test_an_old_lease_of_a_host_whose_clock_is_behind() -> None:
    """The remedy is to set the clock, and the detail says by how much."""
    leases = dict.fromkeys(HOSTS, NOW) | {"red01": NOW - timedelta(seconds=45)}
    views = _seen_by("red01", time=NOW - timedelta(seconds=44))
    found = result(_judged(leases=leases, views=views), "nodes.ready")

    assert "44 s behind" in found.detail
    assert "timedatectl" in found.remedy


def test_a_node_without_a_lease() -> None:
    """It never gave a sign of life."""
    ledger = _judged(leases=dict.fromkeys(("red", "red02"), NOW))

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.ready", "red01")}


def test_a_node_that_is_not_ready() -> None:
    """Its own words are told."""
    ledger = _judged(nodes=_with("red01", ready=False, problem="cni plugin not initialized"))

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.ready", "red01")}
    assert "cni plugin" in result(ledger, "nodes.ready").detail


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("dial tcp: connect: connection refused", "systemctl restart kubelet"),
        ("no answer within 3 s", "drop port 10250"),
    ],
)
def test_a_kubelet_that_is_silent_explains_its_node(problem: str, words: str) -> None:
    """Also while the lease is fresh; the remedy tells a stopped one from a blocked one."""
    ledger = _judged(
        kubelets=dict.fromkeys(HOSTS, "") | {"red01": problem},
        nodes=_with("red01", ready=False, problem="stopped posting"),
    )

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.kubelet", "red01")}
    assert words in result(ledger, "nodes.kubelet").remedy
    assert outcomes(ledger, Outcome.SKIPPED) == {
        ("nodes.ready", "red01"),
        ("system.proxy", "red01"),
    }


def test_a_host_that_does_not_reach_the_api_server() -> None:
    """The endpoint's name is in the detail."""
    ledger = _judged(views=_seen_by("red01", api_problem="i/o timeout"))

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.api", "red01")}
    assert "api.shelf.kuberry.internal:6443: i/o timeout" in result(ledger, "nodes.api").detail


def test_the_exact_set_of_nodes() -> None:
    """A missing one explains all about its host; a foreign one is named and explains nothing."""
    nodes = {"red": node("red"), "red02": node("red02"), "stranger": node("stranger")}
    ledger = _judged(nodes=nodes)

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.set", "red01"), ("nodes.set", "stranger")}
    assert {one.cause for one in ledger.results() if one.outcome is Outcome.SKIPPED} == {
        "nodes.set"
    }
    assert ("network.routes", "red→red02") in outcomes(ledger, Outcome.OK)


def test_a_host_is_known_by_its_own_name() -> None:
    """Users may call it by its address or with a domain; its shell says who it is."""
    seen = sight()
    cluster = seen.cluster.model_copy(update={"hosts": ("red", "10.0.0.2", "red02.local")})
    views = {"red": view("red"), "10.0.0.2": view("red01")}
    named = dataclasses.replace(seen, cluster=cluster, views=views)

    found = [named.node_of(host) for host in cluster.hosts]
    assert [one.name for one in found if one] == ["red", "red01", "red02"]
    assert named.host_of("red02") == "red02.local"
    assert named.host_of("stranger") is None


def test_versions() -> None:
    """A node or a server of another version fails; one that was built without is no failure."""
    ledger = _judged(nodes=_with("red01", version="v1.19.9"), version="v1.21.0")
    unstamped = _judged(version="v0.0.0-master+0123456789abc")

    assert outcomes(ledger, Outcome.FAIL) == {("nodes.version", "red01"), ("api.version", None)}
    assert ("api.version", None) in outcomes(unstamped, Outcome.ABSENT)


def test_a_route_that_is_missing_and_one_that_leads_elsewhere() -> None:
    """Both name the pair, the network and the address it should lead to."""
    routes = {"10.244.2.0/24": "10.0.0.99"}
    ledger = _judged(views=_seen_by("red01", routes=routes))
    details = {one.where: one.detail for one in ledger.results() if one.id == "network.routes"}

    assert outcomes(ledger, Outcome.FAIL) == {
        ("network.routes", "red01→red"),
        ("network.routes", "red01→red02"),
    }
    assert details["red01→red"] == "there is no route to 10.244.0.0/24 via 10.0.0.1"
    assert details["red01→red02"] == "10.244.2.0/24 leads to 10.0.0.99, not to 10.0.0.3"


def _pods(**changes: Pod | None) -> tuple[Pod, ...]:
    """Return the system's pods, some of them replaced or gone."""
    known = {one.name.replace("-", "_"): one for one in asked.system_pods()}
    return tuple(one for one in (known | changes).values() if one is not None)


def test_a_component_that_is_missing_or_fails() -> None:
    """The control plane's host is named, and what it says."""
    crashing = pod(
        "etcd-red",
        "red",
        ready=False,
        problem="CrashLoopBackOff",
        labels={"tier": "control-plane", "component": "etcd"},
    )
    gone, bad = _judged(pods=_pods(kube_scheduler_red=None)), _judged(pods=_pods(etcd_red=crashing))

    assert outcomes(gone, Outcome.FAIL) == {("system.control-plane", "red")}
    assert result(gone, "system.control-plane").detail == "no pod of kube-scheduler"
    assert result(bad, "system.control-plane").detail == "etcd-red: CrashLoopBackOff"


def test_kube_proxy_of_one_host() -> None:
    """A missing one is as bad as one that is not ready."""
    assert outcomes(_judged(pods=_pods(kube_proxy_red01=None)), Outcome.FAIL) == {
        ("system.proxy", "red01")
    }


def test_other_system_pods() -> None:
    """Each is judged where it runs; one that runs nowhere is the cluster's; done is fine."""
    coredns = pod("coredns-1", "red01", ready=False, problem="ImagePullBackOff")
    pending = pod("coredns-2", None, ready=False, phase="Pending", problem="no room")
    done = pod("job", "red02", ready=False, phase="Succeeded")
    ledger = _judged(pods=_pods(a=coredns, b=pending, c=done))

    assert outcomes(ledger, Outcome.FAIL) == {("system.pods", "red01"), ("system.pods", None)}
    assert ("system.pods", "red02") in outcomes(ledger, Outcome.OK)


async def test_a_cluster_that_was_just_made_gets_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods that still start are waited for; those of a host that is dead are not."""
    monkeypatch.setattr(system, "_PAUSE_S", 0.0)
    late = pod("kube-proxy-red01", "red01", ready=False, labels={"k8s-app": "kube-proxy"})
    server, early = asked.StandIn(), sight(pods=_pods(kube_proxy_red01=late))

    after = await settled(server, early, frozenset(HOSTS))  # type: ignore[arg-type]
    dead = await settled(server, early, frozenset({"red", "red02"}))  # type: ignore[arg-type]

    assert after.pods == server.system
    assert dead is early


async def test_a_moment_has_an_end() -> None:
    """What never comes is judged as it is."""
    server, early = asked.StandIn(), sight(pods=_pods(kube_proxy_red01=None))

    after: Sight = await settled(server, early, frozenset(HOSTS), 0.0)  # type: ignore[arg-type]
    assert after is early
