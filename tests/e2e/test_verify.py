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
from contextlib import contextmanager

import pytest

from cluster_shell import KUBECTL, WHOLE, On
from kuberry.api.deploy import deploy
from kuberry.api.lab import lab_power
from kuberry.api.verify import verify
from kuberry.errors import HostBusy
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.verify import workloads
from kuberry.verify.graph import KINDS
from one_cluster import Deployed

FIRST, ONE, TWO = "red", "red01", "red02"
LEFT = f"{KUBECTL} get namespaces -l kuberry.internal/verify -o name"
KUBERRY = (sys.executable, "-m", "kuberry")


def _ask(deployed: Deployed) -> tuple[ProbeResult, ...]:
    return asyncio.run(verify(settings=deployed.settings))


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


def _gone(on: On) -> bool:
    for _ in range(120):
        if on(FIRST, LEFT) == "":
            return True
        time.sleep(0.5)
    return False


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
    assert _gone(on)


INPUT = "sudo iptables -{} INPUT -p tcp --dport 10250 -j DROP"
NODE_PORTS = "sudo iptables -t raw -{} PREROUTING -p tcp --dport 30000:32767 -j DROP"
FORWARD = "sudo iptables -{} FORWARD -p tcp --dport 8080 -j DROP"
LARGE = "sudo iptables -{} FORWARD -m length --length 1200:65535 -j DROP"


@pytest.mark.parametrize(
    ("host", "text", "repair", "probe"),
    [
        (
            ONE,
            "sudo systemctl stop kubelet",
            "sudo systemctl start kubelet",
            "nodes.kubelet",
        ),
        (TWO, INPUT.format("I"), INPUT.format("D"), "nodes.kubelet"),
        (TWO, NODE_PORTS.format("I"), NODE_PORTS.format("D"), "network.nodeport"),
        (TWO, FORWARD.format("I"), FORWARD.format("D"), "network.pods"),
        (TWO, LARGE.format("I"), LARGE.format("D"), "network.pods"),
    ],
    ids=[
        "kubelet-stopped",
        "kubelet-blocked",
        "node-ports-blocked",
        "pods-blocked",
        "large-blocked",
    ],
)
def test_what_is_broken_a_second_ago_is_the_root_cause(
    deployed: Deployed, on: On, host: str, text: str, repair: str, probe: str
) -> None:
    """The probe and the host of what was broken fail, nothing else; the rest names that probe."""
    with _broken(on, host, text, repair):
        results = _ask(deployed)

    assert _failed(results) == {(probe, host)}
    assert _causes(results) <= {probe}
    failure = next(one for one in results if one.outcome is Outcome.FAIL)
    assert host in failure.remedy


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


VOLUME = [
    {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "by-hand",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "by-hand"},
        "spec": {
            "capacity": {"storage": "32Mi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "by-hand",
            "hostPath": {"path": "/srv/by-hand", "type": "DirectoryOrCreate"},
        },
    },
]


def test_storage(deployed: Deployed, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume of the default class is claimed, written and read; where none comes, that fails."""
    monkeypatch.setattr(workloads, "CLAIM_S", 5.0)
    storage_class, volume = (json.dumps(one) for one in VOLUME)
    on(FIRST, f"echo '{storage_class}' | {KUBECTL} create -f -")
    try:
        without = _ask(deployed)
        assert _gone(on)  # its claim would take the volume
        on(FIRST, f"echo '{volume}' | {KUBECTL} create -f -")
        monkeypatch.setattr(workloads, "CLAIM_S", 60.0)
        with_volume = _ask(deployed)
    finally:
        on(FIRST, f"{KUBECTL} delete sc/by-hand pv/by-hand --ignore-not-found --wait=false")

    assert _failed(without) == {("storage.claim", None)}
    assert _failed(with_volume) == set()
    assert _places(with_volume, "storage.claim", Outcome.OK) == {None}


ANSWER = """
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[2], 5353))
while True:
    query, client = server.recvfrom(512)
    end = query.index(0, 12) + 5
    record = bytes.fromhex("c00c00010001000000050004") + socket.inet_aton(sys.argv[1])
    is_a = query[end - 4 : end - 2] == bytes([0, 1])
    count = bytes([0, 1]) if is_a else bytes(2)
    head = query[:2] + bytes.fromhex("85800001") + count + bytes(4)
    server.sendto(head + query[12:end] + (record if is_a else b""), client)
"""
DNS = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "kube-dns", "namespace": "kube-system"},
    "spec": {
        "clusterIP": "10.96.0.10",
        "ports": [{"port": 53, "targetPort": 5353, "protocol": "UDP"}],
    },
}


@pytest.mark.parametrize(
    ("answer", "outcome"), [("10.96.0.1", Outcome.OK), ("10.9.9.9", Outcome.FAIL)]
)
def test_cluster_dns(deployed: Deployed, on: On, answer: str, outcome: Outcome) -> None:
    """Names are looked up through the service from every node, and the answer must be right."""
    address = _address(on, FIRST)
    endpoints = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": DNS["metadata"],
        "subsets": [
            {
                "addresses": [{"ip": address}],
                "ports": [{"port": 5353, "protocol": "UDP"}],
            }
        ],
    }
    start = f"sudo systemd-run --quiet --unit=answer python3 -c '{ANSWER}' {answer} {address}"
    on(FIRST, start)
    try:
        for manifest in (DNS, endpoints):
            on(FIRST, f"echo '{json.dumps(manifest)}' | {KUBECTL} create -f -")
        results = _ask(deployed)
    finally:
        on(FIRST, f"{KUBECTL} -n kube-system delete svc/kube-dns ep/kube-dns --ignore-not-found")
        on(FIRST, "sudo systemctl stop answer")

    answers = {one.where: one.detail for one in results if one.id == "dns.lookup"}
    assert _places(results, "dns.lookup", outcome) == set(deployed.cluster.hosts), answers
    assert {one for one, _ in _failed(results)} <= {"dns.lookup"}
    assert outcome is Outcome.OK or all(answer in text for text in answers.values())


@pytest.fixture
def stuck(deployed: Deployed, on: On) -> Iterator[subprocess.Popen[str]]:
    """Give a `kuberry verify` that waits for a pod: the containerd of one host stands still."""
    stop = "sudo systemctl kill --signal={} --kill-who=main containerd"
    assert _gone(on)
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


def test_one_check_at_a_time(deployed: Deployed, stuck: subprocess.Popen[str]) -> None:
    """A second one says so, and harms nothing of the first."""
    with pytest.raises(HostBusy):
        _ask(deployed)

    assert stuck.poll() is None


def test_an_interrupted_check_leaves_nothing(on: On, stuck: subprocess.Popen[str]) -> None:
    """Ctrl-C ends with 130, and the namespace goes."""
    stuck.send_signal(signal.SIGINT)

    assert stuck.wait(timeout=60) == 130
    assert _gone(on)


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
    assert _gone(on)
