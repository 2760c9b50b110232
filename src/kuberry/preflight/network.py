"""Will pods and services find their way, and are the ports free?"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_interface, ip_network

from kuberry.model.facts import Firewall
from kuberry.model.finding import Severity
from kuberry.platforms.firewall import needed_sources, unopened
from kuberry.preflight.scene import Check, Observation, Scene
from kuberry.preflight.versions import minor

NODE_PORTS = (10250,)
CONTROL_PLANE_PORTS = (6443, 2379, 2380, 10257, 10259)
OLD_CONTROL_PLANE_PORTS = (10251, 10252)  # served without TLS until Kubernetes 1.22
_OLD_UNTIL = 22
_HOST_PREFIX = 24
_SLOW_MBPS, _FAST_MBPS = 100, 1000
_FAST_BOARDS = ("Pi 4", "Pi 5", "Compute Module 4", "Compute Module 5")


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
    version = minor(scene.cluster.version)
    return version is not None and version <= _OLD_UNTIL


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


def _wifi(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        used = host.facts.network.login_interface if host.facts.network else None
        if used is not None and used.wireless:
            yield Observation(
                host=name,
                proof=f"we are logged in by Wi-Fi ({used.name}), and so would pods be",
                remedy="use a cable; that it does not sleep between packets is seen to by deploy",
                severity=Severity.WARNING,
            )


def _slow_link(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        used = host.facts.network.login_interface if host.facts.network else None
        if used is None or used.wireless or used.speed_mbps is None:
            continue
        model = (host.facts.board.model if host.facts.board else None) or ""
        fast = any(word in model for word in _FAST_BOARDS)
        if used.speed_mbps < (_FAST_MBPS if fast else _SLOW_MBPS):
            yield Observation(
                host=name,
                proof=f"{used.name} runs at {used.speed_mbps} Mbit/s",
                remedy="look at cable and switch: a bad cable falls back to this",
                severity=Severity.WARNING,
            )


def _packet_filter(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        firewall = host.facts.firewall
        words = _active(firewall, _sources(scene, name)) if firewall else ()
        if words:
            yield Observation(
                host=name,
                proof=f"{' and '.join(words)} may drop what nodes and pods send each other",
                remedy="have ufw opened for the cluster (kuberry deploy --open-firewall), open "
                "firewalld by hand, or switch it off (sudo ufw disable)",
                severity=Severity.WARNING,
            )


def _sources(scene: Scene, name: str) -> tuple[str, ...]:
    """Return whom the host must let in: the other hosts, pods and services."""
    others = (one.facts.network for other, one in scene.hosts.items() if other != name)
    addresses = (one.login_address for one in others if one and one.login_address)
    return needed_sources(addresses, (scene.cluster.pod_cidr, scene.cluster.service_cidr))


def _active(firewall: Firewall, sources: tuple[str, ...]) -> tuple[str, ...]:
    found = {
        "ufw": bool(unopened(firewall, sources)),
        "firewalld": firewall.firewalld_active,
    }
    return tuple(name for name, active in found.items() if active)


_WARNING = (Severity.WARNING,)


def _no_vxlan(scene: Scene) -> Iterator[Observation]:
    if scene.cluster.network == "host-gw":
        return
    for name, host in scene.hosts.items():
        states = {one.name: one.state for one in host.facts.modules or ()}
        if states.get("vxlan") == "absent":
            kernel = host.facts.kernel.release if host.facts.kernel else "$(uname -r)"
            yield Observation(
                host=name,
                proof=f"its kernel {kernel} has no module vxlan",
                remedy=f"sudo apt-get install linux-modules-extra-{kernel}",
            )


CHECKS = (
    Check(
        "KB401",
        "a port that Kubernetes needs is taken",
        _ports,
        why="Who comes first to a port has it.",
        remedy="Find out who it is (`sudo ss -tlnp`) and stop it.",
        must="what wants the port would not start",
    ),
    Check(
        "KB402",
        "a range of the cluster overlaps the host's networks",
        _overlap,
        why="Addresses of pods and services must not be those of machines that the host talks to.",
        remedy="Remove the address or route there, or choose other ranges for the cluster.",
    ),
    Check(
        "KB403",
        "pods and services share addresses",
        _each_other,
        why="An address cannot be a pod's and a service's.",
        remedy="Choose ranges that do not overlap.",
        must="services would swallow what is for pods",
    ),
    Check(
        "KB404",
        "too few addresses for pods",
        _too_small,
        why="Each host gets a /24 of the range of pods.",
        remedy="Choose a larger range, such as 10.244.0.0/16.",
        must="some hosts would get none",
    ),
    Check(
        "KB405",
        "no IPv4 address to reach the host by",
        _no_address,
        why="Hosts reach each other by the addresses we reach them by; a port forwarding in "
        "between, or IPv6 alone, leads other hosts nowhere.",
        remedy="Name the host by an IPv4 address of its own.",
        must="no plan can be made without an address",
    ),
    Check(
        "KB406",
        "hosts in different network segments",
        _segments,
        why="The network host-gw sends packets for pods straight to the other host.",
        remedy="Put all hosts on one switch, with no router between; or use `--network manifest`.",
        must="the kernel refuses such routes",
    ),
    Check(
        "KB407",
        "Wi-Fi carries the cluster",
        _wifi,
        why="A Pi's Wi-Fi sleeps between packets: answers take 100 ms and more, some a second.",
        remedy="Use a cable; deploy switches the power saving off.",
        severities=_WARNING,
    ),
    Check(
        "KB408",
        "a slow link",
        _slow_link,
        why="A Pi 4 or 5 has 1000 Mbit/s, others 100; one that has less has a bad cable or switch, "
        "and everything waits for the network.",
        remedy="Look at cable and switch.",
        severities=_WARNING,
    ),
    Check(
        "KB409",
        "a packet filter is at work",
        _packet_filter,
        why="ufw and firewalld drop what they do not know: traffic between nodes and pods.",
        remedy="`kuberry deploy --open-firewall` lets the other hosts, pods and services through "
        "ufw; open firewalld by hand.",
        severities=_WARNING,
    ),
    Check(
        "KB410",
        "the kernel has no vxlan",
        _no_vxlan,
        why="Network add-ons such as flannel carry packets between hosts by VXLAN. Ubuntu 22.04 "
        "keeps that module of the Raspberry Pi's kernel in a package of its own.",
        remedy="`sudo apt-get install linux-modules-extra-$(uname -r)`; on Ubuntu deploy does it.",
    ),
)
