"""ufw that is on stands between the nodes: what the cluster needs, opened when asked; pure.

The ports are those of https://docs.k3s.io/installation/requirements and
https://kubernetes.io/docs/reference/networking/ports-and-protocols/. They are opened to the hosts
of the cluster and its pods only: VXLAN (8472) must never be open to the world.
"""

from __future__ import annotations

from collections.abc import Iterable

from kuberry.model.facts import Firewall
from kuberry.model.plan import Run
from kuberry.platforms.measure import NOTHING, Measure, SeenHost

CODE = "KB409"

# Packets of pods on other hosts are forwarded, which ufw drops by default, too (ufw(8), "route").
_ALLOW = r"""
set -eu
exec >&2
for source; do
    ufw allow from "$source" comment kuberry
    case $source in */*) ufw route allow from "$source" comment kuberry ;; esac
done
"""


def needed_sources(addresses: Iterable[str], ranges: Iterable[str]) -> tuple[str, ...]:
    """Return who must get through: the other hosts, the pods and the services."""
    return (*addresses, *ranges)


def unopened(firewall: Firewall | None, sources: Iterable[str]) -> tuple[str, ...]:
    """Return those of *sources* that ufw does not let through; all, where it cannot be told."""
    if firewall is None or not firewall.ufw_enabled:
        return ()
    rules = [rule.split() for rule in firewall.ufw_rules or ()]
    open_to = {
        rule[5]
        for rule in rules
        if len(rule) > 6 and rule[:3] == ["allow", "any", "any"]  # noqa: PLR2004
    }
    return tuple(one for one in sources if one not in open_to)


def opened(host: SeenHost, sources: tuple[str, ...]) -> Measure:
    """Return what has ufw let *sources* through."""
    wanted = unopened(host.facts.firewall, sources)
    if not wanted:
        return NOTHING
    step = Run(
        id="firewall",
        title=f"let {len(wanted)} sources through ufw",
        script=_ALLOW,
        arguments=wanted,
    )
    return Measure(now=(step,), cures=(CODE,))
