"""Will pods and services find their way, and are the ports free?"""

from __future__ import annotations

import dataclasses

import pytest

import fit
import made_up as make
from fit import Found, check, host
from kuberry.model.facts import KernelModule, ListeningPort, Route
from kuberry.model.installed import HostRecord

OURS = make.installed(record=HostRecord(cluster="shelf", pod_cidr="10.244.0.0/24"))


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


def test_a_network_that_needs_vxlan_needs_its_module() -> None:
    """Plain routes do without; a module that may be there is believed."""
    without = host("red", modules=(KernelModule(name="vxlan", state="absent"),))
    unknown = host("red", modules=(KernelModule(name="vxlan", state=None),))

    assert check(without) == []
    pieces = fit.bundle(manifest="flannel.yml")
    wish = {"network": "manifest"}

    assert check(without, pieces=pieces, wish=wish) == [Found("KB410", "error", "red")]
    assert check(unknown, pieces=pieces, wish=wish) == []
