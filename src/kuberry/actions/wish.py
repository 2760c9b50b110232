"""From what the user says, and what is remembered, to the wish: a `Cluster`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kuberry.clusters import check_name, name_of
from kuberry.errors import UsageError
from kuberry.hostlist import fold
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster, NetworkKind


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
        control_plane: The host the user wants as control plane; ``None`` leaves it to the rule.
        known: The cluster of that name as it was wished for before, if it was.

    Raises:
        UsageError: The name or the control plane cannot be had, or hosts of the known cluster are
            left out, or the bundle is of another version.
    """
    if known:
        _refuse_missing(known, hosts)
        _refuse_upgrade(known, bundle)
    host, rule = choose_control_plane(hosts, wanted=control_plane, known=known)
    return Cluster(
        name=check_name(name) if name else name_of(hosts),
        hosts=tuple(hosts),
        control_plane=host,
        control_plane_rule=rule,
        version=bundle.version,
        bundle=bundle.name,
        network=_network(network, known),
    )


def _network(wanted: NetworkKind | None, known: Cluster | None) -> NetworkKind:
    if known and wanted not in (None, known.network):
        message = f"{known.name} has the network {known.network}, not {wanted}"
        raise UsageError(message, remedy="reset the cluster first, or leave --network out")
    return wanted or (known.network if known else "host-gw")


def _refuse_missing(known: Cluster, hosts: Sequence[str]) -> None:
    missing = [name for name in known.hosts if name not in hosts]
    if missing:
        raise UsageError(
            f"{known.name} has {', '.join(missing)} too; leaving a host out does not remove it",
            remedy=f'name all of them: --hosts "{fold((*known.hosts, *hosts))}"',
        )


def _refuse_upgrade(known: Cluster, bundle: Bundle) -> None:
    if known.version != bundle.version:
        raise UsageError(
            f"{known.name} runs {known.version}, and the bundle {bundle.name} is {bundle.version}",
            remedy="a deploy never changes the version; leave --bundle out, or reset it first",
        )


def choose_control_plane(
    hosts: Sequence[str], *, wanted: str | None = None, known: Cluster | None = None
) -> tuple[str, str]:
    """Return which host is the control plane, and by which rule.

    Raises:
        UsageError: The wanted one is not among *hosts*, or the cluster has another one already.
    """
    if known and wanted not in (None, known.control_plane):
        remedy = "reset the cluster first, or leave --control-plane out"
        message = f"{known.name} has its control plane on {known.control_plane}, not on {wanted}"
        raise UsageError(message, remedy=remedy)
    wanted = known.control_plane if known else wanted
    if wanted is not None:
        if wanted not in hosts:
            raise UsageError(
                f"the control plane {wanted!r} is not among the hosts",
                remedy=f"name it in --hosts too: {','.join((wanted, *hosts))}",
            )
        return wanted, "as it was" if known else "as you said"
    plain = [name for name in hosts if not re.search(r"[0-9]$", name)]
    if len(plain) == 1:
        return plain[0], "the only name without a trailing number"
    return hosts[0], "the first host"
