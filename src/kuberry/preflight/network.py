"""Will pods and services find their way, and are the ports free?"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_interface, ip_network

from kuberry.preflight.scene import Check, Observation, Scene
from kuberry.preflight.versions import minor

NODE_PORTS = (10250,)
CONTROL_PLANE_PORTS = (6443, 2379, 2380, 10257, 10259)
OLD_CONTROL_PLANE_PORTS = (10251, 10252)  # served without TLS until Kubernetes 1.22
_OLD_UNTIL = 22
_HOST_PREFIX = 24


def _ports(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        if scene.is_ours(name):
            continue
        wanted = {*NODE_PORTS}
        if scene.is_control_plane(name):
            wanted |= {*CONTROL_PLANE_PORTS}
            wanted |= {*OLD_CONTROL_PLANE_PORTS} if _is_old(scene) else set()
        taken = {one.port: one.process for one in host.facts.ports or () if one.port in wanted}
        for port, process in sorted(taken.items()):
            yield Observation(
                host=name,
                proof=f"port {port} is taken by {process or 'somebody'}",
                remedy=f"find out who it is (sudo ss -tlnp sport = :{port}) and stop it",
            )


def _is_old(scene: Scene) -> bool:
    return (minor(scene.cluster.version) or 0) <= _OLD_UNTIL


def _overlap(scene: Scene) -> Iterator[Observation]:
    ranges = {"pods": scene.cluster.pod_cidr, "services": scene.cluster.service_cidr}
    for name in scene.hosts:
        if scene.is_ours(name):  # its bridge and its routes are our own
            continue
        networks = _networks(scene, name)
        for word, text in ranges.items():
            hit = next((one for one in networks if one.overlaps(IPv4Network(text))), None)
            if hit:
                yield Observation(
                    host=name,
                    proof=f"it has {networks[hit]}, inside the range of {word}, {text}",
                    remedy="remove it there, or choose other ranges for the cluster",
                )


def _networks(scene: Scene, name: str) -> dict[IPv4Network, str]:
    """Return the IPv4 networks the host knows, each with where it knows it from."""
    network = scene.hosts[name].facts.network
    if network is None:
        return {}
    found = {
        ip_interface(text).network: f"{text} on {one.name}"
        for one in network.interfaces
        for text in one.addresses
    }
    for route in network.routes:
        if route.destination != "default":
            way = route.gateway or route.interface or "somewhere"
            found.setdefault(
                ip_network(route.destination), f"a route to {route.destination} ({way})"
            )
    return {one: text for one, text in found.items() if isinstance(one, IPv4Network)}


def _each_other(scene: Scene) -> Iterator[Observation]:
    cluster = scene.cluster
    if IPv4Network(cluster.pod_cidr).overlaps(IPv4Network(cluster.service_cidr)):
        yield Observation(
            host=None,
            proof=f"pods have {cluster.pod_cidr}, services {cluster.service_cidr}",
            remedy="choose ranges that do not overlap",
        )


def _too_small(scene: Scene) -> Iterator[Observation]:
    prefix = IPv4Network(scene.cluster.pod_cidr).prefixlen
    room = 2 ** (_HOST_PREFIX - prefix) if prefix <= _HOST_PREFIX else 0
    if room < len(scene.hosts):
        yield Observation(
            host=None,
            proof=f"{scene.cluster.pod_cidr} has {room} networks /24 for {len(scene.hosts)} hosts",
            remedy="choose a larger range for pods, such as 10.244.0.0/16",
        )


def _no_address(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        network = host.facts.network
        if network is not None and scene.login_interface(name) is None:
            yield Observation(
                host=name,
                proof=f"we are logged in to {network.login_address or 'an unknown address'}, "
                "which is no IPv4 address of its interfaces",
                remedy="name it by an IPv4 address of its own, with no port forwarding between",
            )


def _segments(scene: Scene) -> Iterator[Observation]:
    first = scene.login_interface(scene.cluster.control_plane)
    if first is None or scene.cluster.network != "host-gw":
        return
    for name in scene.hosts:
        own = scene.login_interface(name)
        if own is not None and own.network != first.network:
            yield Observation(
                host=name,
                proof=f"it has {own}, {scene.cluster.control_plane} has {first}",
                remedy="network host-gw needs all hosts in one segment: one switch, no router",
            )


CHECKS = (
    Check("KB401", "a port that Kubernetes needs is taken", _ports),
    Check("KB402", "a range of the cluster overlaps the host's networks", _overlap),
    Check("KB403", "pods and services share addresses", _each_other),
    Check("KB404", "too few addresses for pods", _too_small),
    Check("KB405", "no IPv4 address to reach the host by", _no_address),
    Check("KB406", "hosts in different network segments", _segments),
)
