"""Rules of the packet filters, one line each, whatever program showed them; pure.

Tables and chains that hold nothing and let everything pass are left out: a packet filter that was
never used looks the same as one that was emptied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


def rules_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield each rule with program, table and chain.

    Args:
        lines: Output of iptables-save and of ``nft list ruleset``, the program's name before each.
    """
    place: list[str] = []
    for text in lines:
        program, _, line = text.partition(" ")
        rule = line.strip()
        if rule.startswith("#") or not rule:
            continue
        if program == "nft":
            yield from _nft(rule, place)
        else:
            yield from _saved(program, rule, place)


def _nft(rule: str, place: list[str]) -> Iterator[str]:
    """Follow the braces of ``nft list ruleset``."""
    if rule.endswith("{"):
        place.append(rule.removesuffix("{").strip())
        return
    if rule == "}":
        place.pop()
        return
    if re.fullmatch(r"type \S+ hook .* policy accept;", rule):
        return
    yield ": ".join(("nft", *place, rule))


def _saved(program: str, rule: str, place: list[str]) -> Iterator[str]:
    """Follow the tables of iptables-save(8)."""
    if rule.startswith("*"):
        place[:] = [rule[1:]]
    elif rule == "COMMIT":
        place.clear()
    elif rule.startswith(":"):
        chain, policy, *_ = rule[1:].split()
        if policy != "ACCEPT":
            yield f"{program}: {place[0]}: chain {chain} {policy}"
    else:
        yield f"{program}: {place[0]}: {rule}"
