"""Hosts that cannot be reached: which of them stop a deploy, and what is said of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kuberry.actions.reports import not_reached
from kuberry.errors import KuberryError, TransportError
from kuberry.model.cluster import Cluster
from kuberry.model.report import HostReport

_WAY_OUT = "or go on without it for now: add --skip-unreachable"


def in_the_way(
    cluster: Cluster, failed: Mapping[str, KuberryError], *, skips: bool
) -> tuple[str, ...]:
    """Return the hosts without which a run must not go on.

    Args:
        skips: Workers that cannot be reached are left for later; one that is busy is not dead.
    """
    return tuple(
        name
        for name, error in failed.items()
        if not skips or name == cluster.control_plane or not isinstance(error, TransportError)
    )


def dead_reports(
    cluster: Cluster, failed: Mapping[str, KuberryError], stops: Collection[str]
) -> tuple[HostReport, ...]:
    """Return how the hosts ended that *failed*; the flag is named where it would help.

    Args:
        stops: Those that stand in the way.
    """
    reports = not_reached(failed)
    dead = {one.host for one in reports if one.ending == "unreachable"}
    if not stops or dead != set(stops) or cluster.control_plane in dead:
        return reports
    return tuple(
        one.model_copy(update={"remedy": f"{one.remedy}; {_WAY_OUT}" if one.remedy else _WAY_OUT})
        for one in reports
    )


def in_order(cluster: Cluster, reports: Collection[HostReport]) -> tuple[HostReport, ...]:
    """Return *reports* in the order of the cluster's hosts."""
    place = {name: number for number, name in enumerate(cluster.hosts)}
    return tuple(sorted(reports, key=lambda one: place[one.host]))
