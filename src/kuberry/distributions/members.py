"""Who is of a cluster already, and who is still to come; the same for every distribution."""

from __future__ import annotations

from collections.abc import Mapping

from kuberry.distributions.absent import absent
from kuberry.distributions.seen import Seen
from kuberry.model.cluster import Cluster


def must_initialise(cluster: Cluster, hosts: Mapping[str, Seen]) -> bool:
    """Return whether there is no control plane yet."""
    return not hosts[cluster.control_plane].installed.initialised


def joiners(cluster: Cluster, hosts: Mapping[str, Seen]) -> tuple[Seen, ...]:
    """Return the hosts but the first server that are no node of the cluster yet, or no longer."""
    is_new = must_initialise(cluster, hosts)
    nodes = hosts[cluster.control_plane].installed.nodes
    known = None if nodes is None else {one.name for one in nodes}
    others = (hosts[name] for name in cluster.hosts if name in hosts)
    others = (one for one in others if one.name != cluster.control_plane)
    return tuple(one for one in others if is_new or not _is_member(one, known))


def predecessors(cluster: Cluster, hosts: Mapping[str, Seen]) -> tuple[str, ...]:
    """Return the nodes that joiners find in their place: of another machine, or half joined.

    A joiner holds no mark of a join that came to its end, so no node can be that of its kubelet.
    """
    nodes = hosts[cluster.control_plane].installed.nodes or ()
    there = {one.name for one in nodes}
    is_new = must_initialise(cluster, hosts)
    return () if is_new else tuple(one.node for one in joiners(cluster, hosts) if one.node in there)


def names(cluster: Cluster, hosts: Mapping[str, Seen]) -> dict[str, str]:
    """Return the address of every name that hosts must be able to look up, in one order always."""
    nodes = {one.node: one.address for one in hosts.values()}
    nodes |= {one.node: one.address for one in absent(cluster, hosts)}
    return {cluster.endpoint: hosts[cluster.control_plane].address, **dict(sorted(nodes.items()))}


def is_ready(cluster: Cluster, hosts: Mapping[str, Seen], host: Seen) -> bool:
    """Return whether the node of *host* was seen Ready; a control plane that is silent says no."""
    nodes = hosts[cluster.control_plane].installed.nodes or ()
    return any(one.name == host.node and one.ready for one in nodes)


def _is_member(host: Seen, known: set[str] | None) -> bool:
    return host.installed.joined and (known is None or host.node in known)
