"""Which hosts run the control plane: one by a rule, or those that the user named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kuberry.errors import UsageError
from kuberry.hostlist import expand, fold
from kuberry.model.cluster import Cluster, DistributionName


def choose_servers(
    hosts: Sequence[str],
    distribution: DistributionName,
    *,
    wanted: str | None = None,
    known: Cluster | None = None,
) -> tuple[tuple[str, ...], str]:
    """Return which hosts run the control plane, the first first, and by which rule.

    Args:
        wanted: Host expression; ``None`` leaves it to the rule: one server.

    Raises:
        UsageError: The wanted ones are not among *hosts*, or cannot be a control plane together,
            or the cluster has others already.
    """
    named = tuple(dict.fromkeys(expand(wanted))) if wanted is not None else ()
    _check_hosts(hosts, named)
    if known:
        return _of_known(known, named), "as it was"
    if named:
        _check(named, distribution)
        return named, "as you said"
    plain = [name for name in hosts if not re.search(r"[0-9]$", name)]
    if len(plain) == 1:
        return (plain[0],), "the only name without a trailing number"
    return (hosts[0],), "the first host"


def _check_hosts(hosts: Sequence[str], named: Sequence[str]) -> None:
    for name in named:
        if name not in hosts:
            raise UsageError(
                f"the control plane {name!r} is not among the hosts",
                remedy=f"name it in --hosts too: {','.join((name, *hosts))}",
            )


def _check(named: Sequence[str], distribution: DistributionName) -> None:
    if len(named) > 1 and distribution != "k3s":
        raise UsageError(
            f"{distribution} on several control planes is not there: its nodes want one address "
            "for all API servers, and kuberry brings no load balancer that would have it",
            remedy="name one host with --control-plane, or take k3s: --distribution k3s",
        )
    _check_count(named)


def _check_count(named: Sequence[str]) -> None:
    """Refuse a number of servers of which as many may fail as of one less."""
    count = len(named)
    if count % 2 == 0:
        raise UsageError(
            f"{count} servers ({fold(named)}) bear the loss of {count // 2 - 1}, as {count - 1} do:"
            " etcd works while more than half of its members are there",
            remedy=f"name {count - 1} or {count + 1} hosts with --control-plane",
        )


def _of_known(known: Cluster, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return the servers of a cluster that is there; more may join those that keep etcd."""
    if not named or set(named) == set(known.servers):
        return known.servers
    if not set(named) > set(known.servers):
        raise UsageError(
            f"{known.name} has its control plane on {fold(known.servers)}, not on {fold(named)}",
            remedy="reset the cluster first, or leave --control-plane out; "
            "`kuberry node remove` takes out a server",
        )
    more = tuple(name for name in named if name not in known.servers)
    if not known.has_many_servers:
        raise UsageError(
            f"{known.name} keeps its state on {known.control_plane} alone, in SQLite: "
            f"{fold(more)} cannot join it as a server",
            remedy="leave --control-plane out, or reset the cluster and deploy it anew with three",
        )
    workers = [name for name in more if name in known.hosts]
    if workers:
        raise UsageError(
            f"{fold(workers)} is a worker of {known.name}, and no server",
            remedy=f'take it out first: kuberry node remove "{fold(workers)}"',
        )
    _check_count(named)
    return (*known.servers, *more)
