"""Each check finds what it is for, and is silent where nothing is wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import fit
import made_up as make
from fit import GIB, MIB, Found, check, host
from kuberry.model.bundle import Binary, Bundle
from kuberry.model.facts import (
    Architecture,
    Cgroups,
    InitSystem,
    KernelModule,
    ListeningPort,
    OperatingSystem,
    Privileges,
    Processor,
    Route,
    Unit,
    Unknown,
)
from kuberry.model.installed import HostRecord
from kuberry.preflight import CHECKS
from kuberry.preflight.unknown import NEEDED, WANTED

OURS = make.installed(record=HostRecord(cluster="shelf", pod_cidr="10.244.0.0/24"))


def test_hosts_that_are_fit_have_no_findings() -> None:
    """Silence is the answer to three good Pis."""
    assert check(host("red"), host("red01"), host("red02")) == []


def test_codes_are_unique_and_in_order() -> None:
    """A code names one check, and the list is sorted by it."""
    codes = [one.code for one in CHECKS]

    assert codes == sorted(set(codes))


@pytest.mark.parametrize("subject", [*NEEDED, *WANTED])
def test_what_could_not_be_seen_is_a_finding(subject: str) -> None:
    """Nothing that checks rest on passes silently; without some of it no plan can be made."""
    facts = host("red").facts.model_copy(
        update={subject: None, "unknown": (Unknown(subject=subject, reason="ip is missing"),)}
    )
    found = check(dataclasses.replace(host("red"), facts=facts))

    assert found[0] == Found("KB100", "error" if subject in NEEDED else "warning", "red")


def test_one_machine_by_boot_id() -> None:
    """Two names that reach one boot are one machine, and not two with one name or id."""
    again = host("red01", identity=fit.identity("red"))

    assert check(host("red"), again) == [Found("KB101", "error", None)]


def test_one_machine_by_machine_id_and_hardware_address() -> None:
    """A machine that rebooted between two looks is still one machine."""
    identity = fit.identity("red", boot_id="another")
    again = host("red01", identity=identity, network=fit.network("red", "10.0.0.1/24"))

    assert check(host("red"), again) == [Found("KB101", "error", None)]


def test_copied_cards() -> None:
    """Two machines with one host name, or with one machine id, are told apart and refused."""
    same_name = host("red01", identity=fit.identity("red01", hostname="RED"))
    same_id = host("red01", identity=fit.identity("red01", machine_id="id-red"))

    assert check(host("red"), same_name) == [Found("KB102", "error", None)]
    assert check(host("red"), same_id) == [Found("KB103", "error", None)]


def test_no_machine_id() -> None:
    """It works without, so it is a warning; two without are no copies of each other."""
    hosts = [host(name, identity=fit.identity(name, machine_id=None)) for name in ("red", "red01")]

    assert check(*hosts) == [
        Found("KB104", "warning", "red"),
        Found("KB104", "warning", "red01"),
    ]


@pytest.mark.parametrize("word", ["localhost", "localhost.localdomain", "my_pi", "-pi", "pi."])
def test_a_host_name_that_no_node_can_have(word: str) -> None:
    """Kubernetes wants an RFC 1123 name, and one that means this host."""
    assert check(host("red", identity=fit.identity("red", hostname=word))) == [
        Found("KB105", "error", "red")
    ]


@pytest.mark.parametrize("word", ["Red", "red.local", "r3d", "r"])
def test_host_names_that_nodes_can_have(word: str) -> None:
    """Capitals become small; domains are fine."""
    assert check(host("red", identity=fit.identity("red", hostname=word))) == []


def _os(identifier: str, version: str | None) -> OperatingSystem:
    return OperatingSystem(
        id=identifier,
        version_id=version,
        pretty_name=f"{identifier} {version}",
        codename=None,
        raspberry_pi_os=False,
        image=None,
    )


@pytest.mark.parametrize(
    ("identifier", "version"), [("fedora", "43"), ("debian", "11"), ("debian", None)]
)
def test_unknown_systems(identifier: str, version: str | None) -> None:
    """An old Debian, a rolling one and another distribution are refused."""
    found = check(host("red", os=_os(identifier, version)))

    assert Found("KB201", "error", "red") in found


@pytest.mark.parametrize(("identifier", "version"), [("debian", "13"), ("ubuntu", "24.04")])
def test_known_systems(identifier: str, version: str) -> None:
    """They pass."""
    found = check(host("red", os=_os(identifier, version)))

    assert "KB201" not in {one.code for one in found}


@pytest.mark.parametrize(
    ("machine", "userland", "bits", "code"),
    [
        ("armv7l", "armhf", 32, "KB202"),
        ("x86_64", None, 64, "KB202"),
        ("riscv64", "riscv64", 64, "KB202"),
        ("aarch64", "armhf", 32, "KB203"),
        ("x86_64", "i386", 32, "KB203"),
    ],
)
def test_architectures_kubernetes_does_not_run_on(
    machine: str, userland: str | None, bits: int, code: str
) -> None:
    """32-bit programs on a 64-bit kernel have a code of their own: the remedy is another image."""
    architecture = Architecture(machine=machine, userland=userland, long_bit=bits)
    codes = [one.code for one in check(host("red", architecture=architecture))]

    assert [one for one in codes if one.startswith("KB20")] == [code]


def test_64_bit_arm_is_an_architecture() -> None:
    """The Pis we are for."""
    architecture = Architecture(machine="aarch64", userland="arm64", long_bit=64)

    assert {one.code for one in check(host("red", architecture=architecture))} == {"KB503"}


def test_no_systemd() -> None:
    """Units are how everything is kept running."""
    init = InitSystem(name="openrc", state=None, failed_units=None, reboot_required=False)

    assert check(host("red", init=init)) == [Found("KB204", "error", "red")]


def test_memory_control_group() -> None:
    """Raspberry Pi OS boots without it; the remedy names the file."""
    off = Cgroups(version="v2", controllers=("cpu", "pids"), memory=False)

    assert check(host("red", cgroups=off)) == [Found("KB205", "error", "red")]


def test_no_way_to_become_root() -> None:
    """Without sudo nothing can be installed."""
    privileges = Privileges(user="pi", root=False, reason="sudo wants a password")

    assert check(host("red", privileges=privileges)) == [Found("KB206", "error", "red")]


@pytest.mark.parametrize(
    ("size", "severity"),
    [
        (1700 * MIB - 1, "error"),
        (1700 * MIB, "warning"),
        (2 * 10**9 - 1, "warning"),
        (2 * 10**9, None),
    ],
)
def test_memory_of_a_control_plane(size: int, severity: str | None) -> None:
    """Kubeadm's own limit is an error, 2 GB a warning; what a cgroup grants is what counts."""
    expected = [Found("KB301", severity, "red")] if severity else []

    assert check(host("red", memory=fit.memory(size))) == expected
    assert check(host("red", memory=fit.memory(8 * GIB, limit_bytes=size))) == expected


@pytest.mark.parametrize(("size", "found"), [(10**9 - 1, True), (10**9, False)])
def test_memory_of_a_worker(size: int, found: bool) -> None:  # noqa: FBT001
    """A worker may be small; below 1 GB it is said."""
    expected = [Found("KB301", "warning", "red01")] if found else []

    assert check(host("red"), host("red01", memory=fit.memory(size))) == expected


@pytest.mark.parametrize(("count", "found"), [(1, True), (2, False)])
def test_processors(count: int, found: bool) -> None:  # noqa: FBT001
    """Kubeadm wants two on the control plane, and one is enough for a worker."""
    processor = Processor(count=count, quota=None)
    expected = [Found("KB302", "error", "red")] if found else []

    assert check(host("red", processor=processor)) == expected
    assert check(host("red"), host("red01", processor=processor)) == []


NEEDED_BYTES = 3 * sum(one.size_bytes for one in fit.bundle().artifacts)


@pytest.mark.parametrize(
    ("free", "severity"),
    [
        (NEEDED_BYTES + 500 * MIB - 1, "error"),
        (NEEDED_BYTES + 500 * MIB, "warning"),
        (NEEDED_BYTES + 3 * GIB - 1, "warning"),
        (NEEDED_BYTES + 3 * GIB, None),
    ],
)
def test_room_on_the_disk(free: int, severity: str | None) -> None:
    """Three times what is sent plus 500 MiB must fit; 15 % should be left, or pods are evicted."""
    seen = host("red", disks=(fit.disk(free, total_bytes=20 * GIB),))

    assert check(seen) == ([Found("KB303", severity, "red")] if severity else [])


def test_a_host_that_has_everything_needs_no_room_for_it() -> None:
    """A second run asks for no more than spare room."""
    disks = (fit.disk(500 * MIB, total_bytes=GIB),)

    assert check(host("red", disks=disks, there=OURS)) == []


def test_a_disk_that_cannot_be_written() -> None:
    """What becomes of a worn-out card."""
    assert check(host("red", disks=(fit.disk(20 * GIB, read_only=True),))) == [
        Found("KB304", "error", "red")
    ]


@pytest.mark.parametrize(
    ("offset", "severity"),
    [(5.0, None), (5.1, "warning"), (-30.0, "warning"), (-30.1, "error"), (31.0, "error")],
)
def test_clocks(offset: float, severity: str | None) -> None:
    """More than 5 s apart is a warning, more than 30 s an error, whoever is ahead."""
    found = check(host("red"), host("red01", clock=fit.clock(offset)))

    assert found == ([Found("KB305", severity, "red01")] if severity else [])


def test_clocks_are_judged_by_what_is_certain() -> None:
    """The uncertainty of both measurements is taken off; a common error of both is none."""
    vague = fit.clock(31.0, uncertainty_s=13.0)

    assert (
        check(host("red", clock=fit.clock(0.0, uncertainty_s=13.0)), host("red01", clock=vague))
        == []
    )
    together = check(host("red", clock=fit.clock(99.0)), host("red01", clock=fit.clock(99.0)))
    assert together == [Found("KB307", "warning", None)]


def _listening(port: int) -> tuple[ListeningPort, ...]:
    return (ListeningPort(address="127.0.0.1", port=port, process="nginx"),)


@pytest.mark.parametrize("port", [6443, 10250, 2379, 2380, 10257, 10259, 10251, 10252])
def test_ports_of_a_control_plane(port: int) -> None:
    """Taken by somebody else before it is ours is an error; afterwards it is we who listen."""
    assert check(host("red", ports=_listening(port))) == [Found("KB401", "error", "red")]
    assert check(host("red", ports=_listening(port), there=OURS)) == []


def test_ports_that_do_not_matter() -> None:
    """A worker needs no port of the control plane, a newer Kubernetes none of the old ones."""
    newer = {"version": "v1.23.0"}

    assert check(host("red"), host("red01", ports=_listening(6443))) == []
    assert check(host("red"), host("red01", ports=_listening(10250))) == [
        Found("KB401", "error", "red01")
    ]
    assert check(host("red", ports=_listening(10251)), wish=newer) == []
    assert check(host("red", ports=_listening(22))) == []


@pytest.mark.parametrize("address", ["10.244.7.1/24", "10.96.0.9/32", "10.0.0.1/8"])
def test_a_network_inside_a_range_of_the_cluster(address: str) -> None:
    """The LAN's own addresses must not be given to pods or services."""
    seen = host("red", network=fit.network("red", "192.168.1.5/24", address, login="192.168.1.5"))

    assert {one.code for one in check(seen)} == {"KB402"}
    assert check(dataclasses.replace(seen, installed=OURS)) == []


def test_a_route_inside_a_range_of_the_cluster() -> None:
    """What the host reaches through a router counts; the default route does not."""
    default = Route(
        destination="default", gateway="10.0.0.254", interface="eth0", metric=None, family=4
    )
    network = host("red").facts.network
    assert network is not None
    inside = default.model_copy(update={"destination": "10.244.3.0/24"})

    assert check(host("red", network=network.model_copy(update={"routes": (default,)}))) == []
    assert check(host("red", network=network.model_copy(update={"routes": (inside,)}))) == [
        Found("KB402", "error", "red")
    ]


def test_ranges_that_overlap_each_other() -> None:
    """An address cannot be a pod's and a service's."""
    assert check(host("red"), wish={"service_cidr": "10.244.128.0/24"}) == [
        Found("KB403", "error", None)
    ]


@pytest.mark.parametrize(("cidr", "found"), [("10.244.0.0/24", True), ("10.244.0.0/23", False)])
def test_room_for_pods(cidr: str, found: bool) -> None:  # noqa: FBT001
    """Each host gets a /24."""
    expected = [Found("KB404", "error", None)] if found else []

    assert check(host("red"), host("red01"), wish={"pod_cidr": cidr}) == expected


@pytest.mark.parametrize(
    ("own", "login"), [("10.0.0.1/24", "203.0.113.7"), ("fd00::1/64", "fd00::1")]
)
def test_no_ipv4_address_of_its_own(own: str, login: str) -> None:
    """Behind a port forwarding, and by IPv6 alone, no peer would find the host."""
    assert check(host("red", network=fit.network("red", own, login=login))) == [
        Found("KB405", "error", "red")
    ]


@pytest.mark.parametrize("address", ["10.0.1.2/24", "10.0.0.2/25"])
def test_hosts_in_different_segments(address: str) -> None:
    """host-gw needs one segment; another mask means another network, too."""
    found = check(host("red"), host("red01", network=fit.network("red01", address)))

    assert found == [Found("KB406", "error", "red01")]


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


def test_k3s_starts_on_small_hosts() -> None:
    """What kubeadm refuses is only tight for it."""
    small = host("red", memory=fit.memory(GIB), processor=Processor(count=1, quota=None))
    wish = {"distribution": "k3s", "version": "v1.36.3+k3s1"}
    found = check(small, pieces=make.k3s_bundle(), wish=wish)

    assert {one.severity for one in found} == {"warning"}


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
    assert check(host("red", os=_os("debian", "13"))) == [Found("KB503", "error", "red")]


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


def test_a_network_that_needs_vxlan_needs_its_module() -> None:
    """Plain routes do without; a module that may be there is believed."""
    without = host("red", modules=(KernelModule(name="vxlan", state="absent"),))
    unknown = host("red", modules=(KernelModule(name="vxlan", state=None),))

    assert check(without) == []
    assert check(without, wish={"network": "manifest"}) == [Found("KB410", "error", "red")]
    assert check(unknown, wish={"network": "manifest"}) == []
