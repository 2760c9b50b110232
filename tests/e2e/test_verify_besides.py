"""verify on a real cluster that has what it need not have: cluster DNS and storage.

Both are made by hand: the lab's Kubernetes comes without.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster_shell import KUBECTL, On, nothing_is_left
from kuberry.api.verify import verify
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.verify import workloads
from one_cluster import Deployed

FIRST = "red"
RIGHT, WRONG = "10.96.0.1", "10.9.9.9"
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


def _places(results: tuple[ProbeResult, ...], probe: str, outcome: Outcome) -> set[str | None]:
    return {one.where for one in results if (one.id, one.outcome) == (probe, outcome)}


def _create(on: On, *objects: object) -> None:
    for one in objects:
        on(FIRST, f"echo '{json.dumps(one)}' | {KUBECTL} create -f -")


@contextmanager
def _name_server(on: On, answer: str) -> Iterator[None]:
    """Have the service of cluster DNS lead to a server that answers everything with *answer*."""
    address = on(FIRST, "echo $SSH_CONNECTION").split()[2]
    start = f"sudo systemd-run --quiet --unit=answer python3 -c '{ANSWER}' {answer} {address}"
    subset = {"addresses": [{"ip": address}], "ports": [{"port": 5353, "protocol": "UDP"}]}
    kind = {"apiVersion": "v1", "kind": "Endpoints"}
    on(FIRST, start)
    try:
        _create(on, DNS, {**kind, "metadata": DNS["metadata"], "subsets": [subset]})
        yield
    finally:
        on(FIRST, f"{KUBECTL} -n kube-system delete svc/kube-dns ep/kube-dns --ignore-not-found")
        on(FIRST, "sudo systemctl stop answer")


@pytest.fixture
def storage(on: On) -> Iterator[None]:
    """Give a storage class that is the default, of which no volume comes by itself."""
    assert nothing_is_left(on)  # its claim would take the volume
    _create(on, VOLUME[0])
    yield
    on(FIRST, f"{KUBECTL} delete sc/by-hand pv/by-hand --ignore-not-found --wait=false")


def test_names_and_volumes_that_come_are_used(deployed: Deployed, on: On, storage: None) -> None:
    """Names are looked up through the service from every node; a volume is claimed and used."""
    _create(on, VOLUME[1])
    with _name_server(on, RIGHT):
        results = asyncio.run(verify(settings=deployed.settings))

    failed = [(one.id, one.where, one.detail) for one in results if one.outcome is Outcome.FAIL]
    assert failed == []
    assert _places(results, "dns.lookup", Outcome.OK) == set(deployed.cluster.hosts)
    assert _places(results, "storage.claim", Outcome.OK) == {None}


def test_wrong_names_and_volumes_that_do_not_come_are_told(
    deployed: Deployed, on: On, storage: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer must be the right one; a claim that stays pending fails; nothing else does."""
    monkeypatch.setattr(workloads, "CLAIM_S", 5.0)
    with _name_server(on, WRONG):
        results = asyncio.run(verify(settings=deployed.settings))

    failed = {one.id: one.detail for one in results if one.outcome is Outcome.FAIL}
    assert set(failed) == {"dns.lookup", "storage.claim"}, failed
    assert _places(results, "dns.lookup", Outcome.FAIL) == set(deployed.cluster.hosts)
    assert WRONG in failed["dns.lookup"]
