"""Hosts of a cluster that cannot be reached, by what its control plane knows of them.

They come back one day: the others keep their names, their routes and their networks meanwhile.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network

from kuberry.distributions.files import BLOCK
from kuberry.distributions.seen import Seen
from kuberry.model.cluster import Cluster
from kuberry.model.facts import Route


@dataclasses.dataclass(frozen=True, slots=True)
class Absent:
    """A host that was not seen.

    Attributes:
        node: Name of its node.
        network: That of its pods; ``None`` where no route of ours leads to it.
    """

    node: str
    address: str
    network: str | None

    def is_called(self, name: str) -> bool:
        """Return whether the user calls it *name*: its host name, long or short, or address."""
        return name == self.address or name.lower().partition(".")[0] == self.node.partition(".")[0]


def absent(cluster: Cluster, hosts: Mapping[str, Seen]) -> tuple[Absent, ...]:
    """Return the hosts of *cluster* that are not among *hosts*, but were once a part of it."""
    host = hosts.get(cluster.control_plane)
    if host is None or hosts.keys() >= set(cluster.hosts):
        return ()
    seen = {one.node for one in hosts.values()} | {cluster.endpoint}
    addresses = {one.address for one in hosts.values()}
    networks = _networks(cluster, host)
    return tuple(
        Absent(node, address, networks.get(address))
        for node, address in _entries(host.installed.hosts_file)
        if node not in seen and address not in addresses
    )


def _entries(hosts_file: str) -> list[tuple[str, str]]:
    """Return name and address of every line of our block."""
    block = re.search(BLOCK, hosts_file, flags=re.MULTILINE)
    lines = (line.split() for line in block[0].splitlines()[1:-1]) if block else ()
    return [(words[1], words[0]) for words in lines if len(words) == 2]  # noqa: PLR2004


def _networks(cluster: Cluster, host: Seen) -> dict[str, str]:
    """Return the pod network behind each gateway of *host*."""
    routes = host.facts.network.routes if host.facts.network else ()
    return {
        one.gateway: one.destination for one in routes if one.gateway and _is_of_pods(cluster, one)
    }


def _is_of_pods(cluster: Cluster, route: Route) -> bool:
    if route.destination == "default":
        return False
    network = ip_network(route.destination)
    return isinstance(network, IPv4Network) and network.subnet_of(IPv4Network(cluster.pod_cidr))
