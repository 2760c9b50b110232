"""verify on a real cluster: what is broken on a real host is named as the root cause."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from cluster_shell import KUBECTL, LEFT, WHOLE, On, nothing_is_left
from kuberry.api.deploy import deploy
from kuberry.api.lab import lab_power
from kuberry.api.verify import verify
from kuberry.errors import HostBusy
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.verify.graph import KINDS
from one_cluster import Deployed

FIRST, ONE, TWO = "red", "red01", "red02"
KUBERRY = (sys.executable, "-m", "kuberry")


def _ask(deployed: Deployed) -> tuple[ProbeResult, ...]:
    results = asyncio.run(verify(settings=deployed.settings))
    for one in results:
        if one.outcome is Outcome.FAIL:
            print(one.id, one.where, one.detail)  # noqa: T201  # pytest shows it when a test fails
    return results


def _failed(results: tuple[ProbeResult, ...]) -> set[tuple[str, str | None]]:
    return {(one.id, one.where) for one in results if one.outcome is Outcome.FAIL}


def _causes(results: tuple[ProbeResult, ...]) -> set[str | None]:
    return {one.cause for one in results if one.outcome is Outcome.SKIPPED}


def _places(results: tuple[ProbeResult, ...], probe: str, outcome: Outcome) -> set[str | None]:
    return {one.where for one in results if (one.id, one.outcome) == (probe, outcome)}


@contextmanager
def _broken(on: On, host: str, text: str, repair: str) -> Iterator[None]:
    """Have something broken on a host, and repaired afterwards."""
    on(host, text)
    try:
        yield
    finally:
        on(host, repair)


def test_a_healthy_cluster_proves_itself(deployed: Deployed, on: On) -> None:
    """Everything is ok or honestly absent, from every node and for every pair; nothing is left."""
    results = _ask(deployed)
    absent = {one.id for one in results if one.outcome is Outcome.ABSENT}
    pairs = {f"{a}→{b}" for a in deployed.cluster.hosts for b in deployed.cluster.hosts if a != b}

    assert _failed(results) == set()
    assert _causes(results) == set()
    assert absent - {"api.version"} == {"storage.claim", "dns.lookup", "system.pods"}
    assert {one.id for one in results} == {kind.id for kind in KINDS} - {
        "system.etcd"
    }  # of several
    for probe in ("pods.start", "pods.logs", "pods.exec", "network.clusterip", "network.nodeport"):
        assert _places(results, probe, Outcome.OK) == set(deployed.cluster.hosts)
    assert _places(results, "network.pods", Outcome.OK) == pairs
    assert nothing_is_left(on)


INPUT = "sudo iptables -{} INPUT -p tcp --dport 10250 -j DROP"
NODE_PORTS = "sudo iptables -t raw -{} PREROUTING -p tcp --dport 30000:32767 -j DROP"
FORWARD = "sudo iptables -{} FORWARD -p tcp --dport 8080 -j DROP"
LARGE = "sudo iptables -{} FORWARD -m length --length 1200:65535 -j DROP"


Fault = tuple[str, str, str, str]
"""Where, what breaks it, what repairs it, and the probe that names it."""
STOPPED: Fault = (
    ONE,
    "sudo systemctl stop kubelet",
    "sudo systemctl start kubelet",
    "nodes.kubelet",
)


def _dropped(host: str, rule: str, probe: str) -> Fault:
    return host, rule.format("I"), rule.format("D"), probe


@pytest.mark.parametrize(
    "faults",
    [
        (STOPPED, _dropped(TWO, INPUT, "nodes.kubelet")),
        (_dropped(ONE, FORWARD, "network.pods"), _dropped(TWO, NODE_PORTS, "network.nodeport")),
        (_dropped(TWO, LARGE, "network.pods"),),
    ],
    ids=["kubelets", "pods-and-node-ports", "large-packets"],
)
def test_what_is_broken_a_second_ago_is_the_root_cause(
    deployed: Deployed, on: On, faults: tuple[Fault, ...]
) -> None:
    """The probes and hosts of what was broken fail, nothing else; the rest names those probes."""
    with ExitStack() as stack:
        for host, text, repair, _probe in faults:
            stack.enter_context(_broken(on, host, text, repair))
        results = _ask(deployed)

    assert _failed(results) == {(probe, host) for host, _, _, probe in faults}
    assert _causes(results) <= {probe for *_, probe in faults}
    for one in results:
        if one.outcome is Outcome.FAIL:
            assert str(one.where) in one.remedy


def test_a_kubelet_that_was_restarted_just_now(deployed: Deployed, on: On) -> None:
    """It is not ready until it has looked at its container runtime, and nothing is wrong."""
    on(ONE, "sudo systemctl restart kubelet")

    assert _failed(_ask(deployed)) == set()


def test_a_host_that_no_longer_reaches_the_api_server(deployed: Deployed, on: On) -> None:
    """Its lease is still fresh, and yet it is the root cause."""
    address = on(TWO, "echo $SSH_CONNECTION").split()[2]
    rule = f"sudo iptables -{{}} INPUT -s {address} -p tcp --dport 6443 -j DROP"
    with _broken(on, FIRST, rule.format("I"), rule.format("D")):
        results = _ask(deployed)

    assert _failed(results) == {("nodes.api", TWO)}
    assert _causes(results) == {"nodes.api"}


def test_a_missing_route(deployed: Deployed, on: On) -> None:
    """The host that lacks the one route is named; both directions of the pair follow from it."""
    remove = f"sudo ip route del $(ip -4 route | grep 'via {_address(on, TWO)}' | cut -d ' ' -f 1)"
    with _broken(on, ONE, remove, "sudo systemctl restart kuberry-routes"):
        results = _ask(deployed)

    assert _failed(results) == {("network.routes", f"{ONE}→{TWO}")}
    assert _places(results, "network.pods", Outcome.SKIPPED) == {f"{ONE}→{TWO}", f"{TWO}→{ONE}"}


def _address(on: On, host: str) -> str:
    return on(host, "echo $SSH_CONNECTION").split()[2]


def test_a_missing_image_and_a_missing_node_heal_as_the_remedies_say(
    deployed: Deployed, on: On
) -> None:
    """The same deploy again brings the image back and lets the node join."""
    on(ONE, "sudo ctr -n k8s.io images rm localhost/kuberry/probe:1")
    on(FIRST, f"{KUBECTL} delete node {TWO}")
    results = _ask(deployed)

    assert _failed(results) == {("pods.start", ONE), ("nodes.set", TWO)}
    assert _causes(results) == {"pods.start", "nodes.set"}
    remedies = {one.remedy for one in results if one.outcome is Outcome.FAIL}
    assert all("kuberry deploy" in remedy for remedy in remedies)

    asyncio.run(deploy(settings=deployed.settings, verify="never"))
    assert _failed(_ask(deployed)) == set()


def test_a_foreign_node(deployed: Deployed, on: On) -> None:
    """A node that is none of our hosts is named, and harms no other probe."""
    node = json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "stranger"}})
    on(FIRST, f"echo '{node}' | {KUBECTL} create -f -")
    try:
        results = _ask(deployed)
    finally:
        on(FIRST, f"{KUBECTL} delete node stranger")

    assert _failed(results) == {("nodes.set", "stranger")}
    assert _causes(results) == set()


CONTROL_PLANE_BACK = """sudo sh -c '
mv /root/kube-scheduler.yaml /etc/kubernetes/manifests/
systemctl start kubelet'"""
NO_SCHEDULER = f"""
sudo mv /etc/kubernetes/manifests/kube-scheduler.yaml /root/
{KUBECTL} -n kube-system wait --for=delete pod -l component=kube-scheduler --timeout=60s"""
NO_SERVER = """sudo sh -c '
systemctl stop kubelet
pkill -KILL -x kube-apiserver
while pgrep -x kube-apiserver >/dev/null; do sleep 0.1; done'"""


def test_a_control_plane_that_is_down(deployed: Deployed, on: On) -> None:
    """Without a scheduler pods still run on every node; without an API server nothing is asked.

    It is one test, because static pods take long to come back.
    """
    with _broken(on, FIRST, NO_SCHEDULER, CONTROL_PLANE_BACK):
        no_scheduler = _ask(deployed)
        on(FIRST, NO_SERVER)
        no_server = _ask(deployed)

    assert _failed(no_scheduler) == {("system.control-plane", FIRST)}
    assert _places(no_scheduler, "workloads.rollout", Outcome.SKIPPED) == {None}
    assert len(_places(no_scheduler, "network.pods", Outcome.OK)) == 6
    assert _failed(no_server) == {("api.ready", FIRST)}
    assert _causes(no_server) == {"api.ready"}
    assert {one.id for one in no_server} == {kind.id for kind in KINDS}


def test_a_worker_without_power(deployed: Deployed, on: On) -> None:
    """The host is the root cause; the two that are left prove what they can."""
    asyncio.run(lab_power(TWO, "poweroff", settings=deployed.settings))
    try:
        results = _ask(deployed)
    finally:
        asyncio.run(lab_power(TWO, "poweron", settings=deployed.settings))

    assert _failed(results) == {("hosts.login", TWO)}
    assert _causes(results) == {"hosts.login"}
    assert _places(results, "network.pods", Outcome.OK) == {f"{FIRST}→{ONE}", f"{ONE}→{FIRST}"}
    assert _places(results, "workloads.rollout", Outcome.OK) == {None}


@pytest.fixture
def stuck(deployed: Deployed, on: On) -> Iterator[subprocess.Popen[str]]:
    """Give a `kuberry verify` that waits for a pod: the containerd of one host stands still."""
    stop = "sudo systemctl kill --signal={} --kill-who=main containerd"
    assert nothing_is_left(on)
    with _broken(on, TWO, stop.format("STOP"), stop.format("CONT")):
        settings = deployed.settings
        environment = os.environ | {
            "KUBERRY_STATE_DIR": str(settings.state_dir),
            "KUBERRY_CONFIG_DIR": str(settings.config_dir),
        }
        process = subprocess.Popen(
            (*KUBERRY, "verify"),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for _ in range(60):
                if on(FIRST, LEFT):
                    break
                time.sleep(0.2)
            yield process
        finally:
            process.kill()
            process.communicate()
            on(FIRST, f"{LEFT} | xargs -r {KUBECTL} delete --wait=false")


def test_one_check_at_a_time_and_none_is_left_behind(
    deployed: Deployed, on: On, stuck: subprocess.Popen[str]
) -> None:
    """A second one says so and harms nothing of the first; Ctrl-C ends that one with 130."""
    with pytest.raises(HostBusy):
        _ask(deployed)
    assert stuck.poll() is None
    stuck.send_signal(signal.SIGINT)

    assert stuck.wait(timeout=60) == 130
    assert nothing_is_left(on)


def test_what_a_killed_check_left_is_removed_by_the_next(
    deployed: Deployed, on: On, stuck: subprocess.Popen[str]
) -> None:
    """Its lock went with it; its namespace goes when the next one starts."""
    stuck.kill()
    stuck.wait(timeout=60)
    left = on(FIRST, LEFT)
    on(TWO, "sudo systemctl kill --signal=CONT --kill-who=main containerd")
    on(FIRST, WHOLE)

    assert left != ""
    assert _failed(_ask(deployed)) == set()
    assert nothing_is_left(on)
