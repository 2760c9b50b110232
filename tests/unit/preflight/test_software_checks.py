"""Is there another Kubernetes, and has the bundle what a host needs?"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import fit
import made_up as make
from fit import Found, check, host
from kuberry.model.bundle import Binary, Bundle
from kuberry.model.facts import Unit
from kuberry.model.installed import HostRecord

OURS = make.installed(record=HostRecord(cluster="shelf", pod_cidr="10.244.0.0/24"))


KUBELET = Unit(name="kubelet.service", active="active", enabled="enabled")


@pytest.mark.parametrize(
    "changes",
    [
        {"units": (Unit(name="k3s.service", active="inactive", enabled="disabled"),)},
        {"paths": ("/var/lib/k0s",)},
        {"paths": ("/var/snap/microk8s",)},
        {"paths": ("/etc/kubernetes/kubelet.conf",)},
        {"paths": ("/var/lib/etcd/member",)},
        {"units": (KUBELET,)},
    ],
)
def test_another_kubernetes(changes: dict[str, Any]) -> None:
    """Whoever set it up, we do not build over it; our own is no stranger."""
    seen = host("red", kubernetes=fit.traces(**changes))

    assert check(seen) == [Found("KB501", "error", "red")]
    assert check(dataclasses.replace(seen, installed=OURS)) == []


def test_traces_that_are_no_kubernetes() -> None:
    """An installed kubelet that never ran, and containerd, are welcome."""
    idle = KUBELET.model_copy(update={"active": "inactive"})
    paths = ("/etc/kubernetes", "/run/containerd/containerd.sock")

    assert check(host("red", kubernetes=fit.traces(units=(idle,), paths=paths))) == []


def test_a_host_of_another_cluster_of_ours() -> None:
    """Its record says whose it is."""
    there = make.installed(record=HostRecord(cluster="attic"))

    assert check(host("red", there=there)) == [Found("KB502", "error", "red")]


PIECES = (
    "kubeadm",
    "kubelet",
    "kubectl",
    "containerd",
    "conntrack",
    "iptables",
    "kubernetes-cni",
    "pause",
    "kube-proxy",
)


@pytest.mark.parametrize("piece", [*PIECES, "kube-apiserver", "kube-scheduler", "etcd"])
def test_a_bundle_without_what_a_host_needs(piece: str) -> None:
    """Every piece is missed on a control plane; a worker misses no image of a control plane."""
    found = check(host("red"), host("red01"), pieces=fit.bundle(without=piece))
    hosts = ["red", "red01"] if piece in PIECES else ["red"]

    assert found == [Found("KB503", "error", name) for name in hosts]


@pytest.mark.parametrize("piece", ["k3s", "k3s-airgap-images"])
def test_a_bundle_of_k3s_has_two_pieces(piece: str) -> None:
    """The program and its images; containerd, conntrack and CNI plugins are inside."""
    whole = make.k3s_bundle()
    pieces = tuple(one for one in whole.artifacts if one.name != piece)
    short = whole.model_copy(update={"artifacts": pieces})
    wish = {"distribution": "k3s", "version": whole.version}

    assert check(host("red"), pieces=whole, wish=wish) == []
    assert check(host("red"), pieces=short, wish=wish) == [Found("KB503", "error", "red")]


@pytest.mark.parametrize(
    ("piece", "package"),
    [
        ("containerd", "containerd.io"),
        ("kubernetes-cni", "containernetworking-plugins"),
        ("conntrack", "conntrack"),
    ],
)
def test_what_the_host_has_the_bundle_need_not_have(piece: str, package: str) -> None:
    """Packages that are installed are taken as they are."""
    there = make.installed(packages={package: "1.7.1"})

    assert check(host("red", there=there), pieces=fit.bundle(without=piece)) == []


def _with_program(version: str, containerd: str) -> Bundle:
    """Return a bundle with containerd as a program, as upstream publishes it."""
    short = fit.bundle(version=version, without="containerd")
    own = Binary(
        name="containerd", version=containerd, architecture="amd64", sha256="a" * 64, size_bytes=1
    )
    return short.model_copy(update={"artifacts": (*short.artifacts, own)})


def test_containerd_may_come_as_a_program() -> None:
    """It is the one that will run, whatever the host has; so it must fit."""
    old = make.installed(packages={"containerd": "1.5.9"})
    wish = {"version": "v1.36.3"}

    assert check(host("red"), pieces=_with_program("v1.36.3", "2.3.7"), wish=wish) == []
    assert check(host("red", there=old), pieces=_with_program("v1.36.3", "2.3.7"), wish=wish) == []
    assert check(host("red"), pieces=_with_program("v1.36.3", "1.5.9"), wish=wish) == [
        Found("KB504", "error", "red")
    ]


@pytest.mark.parametrize(("version", "codes"), [("v1.31.14", ["KB503"]), ("v1.32.0", [])])
def test_conntrack_is_needed_before_1_32(version: str, codes: list[str]) -> None:
    """From then on kube-proxy speaks to the kernel itself, and kubeadm asks for no program."""
    pieces = fit.bundle(version=version, without="conntrack")
    found = check(host("red"), pieces=pieces, wish={"version": version})

    assert [one.code for one in found] == codes


def test_a_bundle_for_another_system() -> None:
    """Debs for Debian 12 are none for Debian 13; programs and images fit both."""
    assert check(host("red", os=fit.system("debian", "13"))) == [Found("KB503", "error", "red")]


@pytest.mark.parametrize(
    ("kubernetes", "containerd", "fits"),
    [
        ("v1.22.17", "2.0.0", False),
        ("v1.22.17", "1.7.24~ds1-1", True),
        ("v1.23.0", "2.0.0", True),
        ("v1.25.16", "1.5.9", True),
        ("v1.26.0", "1.5.9", False),
        ("v1.26.0", "1.6.20~ds1-1+b1", True),
        ("v1.37.0", "1:2.1.5", True),
    ],
)
def test_containerd_fits_kubernetes(kubernetes: str, containerd: str, fits: bool) -> None:  # noqa: FBT001
    """CRI v1alpha2 ended with containerd 2.0, CRI v1 began with 1.6."""
    there = make.installed(packages={"containerd": containerd})
    from_bundle = fit.bundle(version=kubernetes, containerd=containerd)
    expected = [] if fits else [Found("KB504", "error", "red")]

    assert check(host("red", there=there), wish={"version": kubernetes}) == expected
    assert check(host("red"), pieces=from_bundle, wish={"version": kubernetes}) == expected


@pytest.mark.parametrize(("name", "found"), [("flannel.yml", False), ("notes.txt", True)])
def test_a_network_add_on_needs_its_manifest(name: str, *, found: bool) -> None:
    """Without one nodes would never become Ready; the control plane is the one that applies it."""
    pieces = fit.bundle(manifest=name)
    expected = [Found("KB503", "error", "red")] if found else []

    assert (
        check(host("red"), host("red01"), pieces=pieces, wish={"network": "manifest"}) == expected
    )
    assert check(host("red"), host("red01"), pieces=pieces) == []
