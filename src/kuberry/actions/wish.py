"""From what the user says, and what is remembered, to the wish: a `Cluster`."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions.servers import choose_servers
from kuberry.clusters import check_name, name_of
from kuberry.errors import UsageError
from kuberry.hostlist import fold
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster, Component, DistributionName, K3sWish, NetworkKind

_NETWORKS: dict[DistributionName, tuple[NetworkKind, ...]] = {
    "kubeadm": ("host-gw", "manifest"),
    "k3s": ("flannel", "host-gw"),
}
"""What each distribution can do; the first is taken when nothing is said."""
_RANGES: dict[DistributionName, dict[str, str]] = {
    "kubeadm": {},
    "k3s": {"pod_cidr": "10.42.0.0/16", "service_cidr": "10.43.0.0/16"},
}
"""Where it differs from what `Cluster` says: k3s' own (k3s-io/docs, docs/cli/server.md)."""


def make_wish(
    hosts: Sequence[str],
    bundle: Bundle,
    *,
    name: str | None = None,
    control_plane: str | None = None,
    network: NetworkKind | None = None,
    known: Cluster | None = None,
) -> Cluster:
    """Return the cluster that is wished for.

    Args:
        hosts: Names in the user's order.
        control_plane: Host expression: what the user wants as control plane; ``None`` leaves it
            to the rule.
        known: The cluster of that name as it was wished for before, if it was.

    Raises:
        UsageError: The name or the control plane cannot be had, or hosts of the known cluster are
            left out, or the bundle is of another version or distribution, or of one that has no
            such network.
    """
    distribution = distribution_in(bundle)
    if known:
        _refuse_missing(known, hosts)
        _refuse_upgrade(known, bundle)
    servers, rule = choose_servers(hosts, distribution, wanted=control_plane, known=known)
    return Cluster(
        name=check_name(name) if name else name_of(hosts),
        hosts=tuple(hosts),
        control_plane=servers[0],
        control_plane_rule=rule,
        more_servers=servers[1:],
        distribution=distribution,
        version=bundle.version,
        bundle=bundle.name,
        network=_network(distribution, network, known),
        k3s=known.k3s if known else K3sWish(),
        **_RANGES[distribution],
    )


def leave_out(cluster: Cluster, components: tuple[Component, ...] | None) -> Cluster:
    """Return *cluster* without *components* of k3s; k3s takes away what it had brought before.

    Args:
        components: ``None`` leaves it as it was wished for before.

    Raises:
        UsageError: The cluster is of another distribution, which brings none of them.
    """
    if components is None:
        return cluster
    if components and cluster.distribution != "k3s":
        message = f"{cluster.distribution} brings no {', '.join(components)}"
        raise UsageError(message, remedy="leave --without out")
    k3s = cluster.k3s.model_copy(update={"without": tuple(dict.fromkeys(components))})
    return cluster.model_copy(update={"k3s": k3s})


def distribution_in(bundle: Bundle) -> DistributionName:
    """Return which distribution *bundle* holds.

    Raises:
        UsageError: It is none that kuberry can set up.
    """
    for name in _NETWORKS:
        if name == bundle.distribution:
            return name
    raise UsageError(
        f"the bundle {bundle.name} is of {bundle.distribution}, which kuberry cannot set up",
        remedy=f"take a bundle of {' or '.join(_NETWORKS)}: kuberry bundle list",
    )


def _network(
    distribution: DistributionName, wanted: NetworkKind | None, known: Cluster | None
) -> NetworkKind:
    if known and wanted not in (None, known.network):
        message = f"{known.name} has the network {known.network}, not {wanted}"
        raise UsageError(message, remedy="reset the cluster first, or leave --network out")
    there = _NETWORKS[distribution]
    if wanted is not None and wanted not in there:
        message = f"{distribution} has no network {wanted}"
        raise UsageError(message, remedy=f"say --network {' or '.join(there)}, or leave it out")
    return wanted or (known.network if known else there[0])


def _refuse_missing(known: Cluster, hosts: Sequence[str]) -> None:
    missing = [name for name in known.hosts if name not in hosts]
    if missing:
        raise UsageError(
            f"{known.name} has {', '.join(missing)} too; leaving a host out does not remove it",
            remedy=f'name all of them: --hosts "{fold((*known.hosts, *hosts))}"',
        )


def _refuse_upgrade(known: Cluster, bundle: Bundle) -> None:
    if known.distribution != bundle.distribution:
        raise UsageError(
            f"{known.name} is of {known.distribution}, the bundle {bundle.name} of "
            f"{bundle.distribution}",
            remedy="a deploy never changes the distribution; leave --bundle out, or reset it first",
        )
    if known.version != bundle.version:
        raise UsageError(
            f"{known.name} runs {known.version}, and the bundle {bundle.name} is {bundle.version}",
            remedy="a deploy never changes the version; leave --bundle out, or reset it first",
        )
