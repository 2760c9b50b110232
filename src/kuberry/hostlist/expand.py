"""From an expression to names, in the user's order; pure.

Ranges are expanded by ClusterShell's NodeSet, one for each piece, because it sorts and would also
take wildcards, set operators and groups: order, syntax and validation are ours, and its group
sources (files and shell upcalls) are switched off by ``RESOLVER_NOGROUP``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

from kuberry.errors import HostExpressionError
from kuberry.hostlist.fold import fold
from kuberry.hostlist.names import nearest, split_name
from kuberry.hostlist.ranges import Fault, corners, count, pieces, split_items

MAX_HOSTS = 10_000
EXAMPLE = "red,red[01-02]"
_MAX_REPAIRS = 64
_BLANKS = re.compile(r"\s*,\s*")
_NO_GROUPS: Mapping[str, str] = {}


def expand(expression: str, *, groups: Mapping[str, str] = _NO_GROUPS) -> tuple[str, ...]:
    """Return the host names that *expression* stands for, in its order, each once.

    Args:
        expression: For example ``red,red[01-02]``, ``pi@10.0.0.[1-3]:2222`` or ``@lab``.
        groups: What ``@name`` stands for: an expression each.

    Raises:
        HostExpressionError: A part of it is wrong; the remedy shows a line that is right.
    """
    line = _BLANKS.sub(",", expression)
    try:
        return _expand(line, groups, ())
    except Fault as fault:
        right = _repair(line, fault, groups)
        raise HostExpressionError(
            f"{fault.reason}, in {fault.part!r}" if fault.part else fault.reason,
            part=fault.part,
            remedy=f'write "{right}"' if right else f'for example "{EXAMPLE}"',
        ) from None


def _repair(expression: str, fault: Fault, groups: Mapping[str, str]) -> str:
    """Return the nearest line that is right; empty where none is found."""
    for _ in range(_MAX_REPAIRS):
        better = fault.better if fault.better != fault.part else ""
        line = expression.replace(fault.part, better, 1)
        if not fault.part or line == expression:
            return ""
        expression = line
        try:
            _check(expression, groups)
        except Fault as next_fault:
            fault = next_fault
        else:
            return expression
    return ""


def _check(expression: str, groups: Mapping[str, str]) -> None:
    """Refuse what `_expand` would refuse, by the ends of its ranges alone."""
    for item in _counted(expression):
        if item.startswith("@"):
            _group_names(item, groups, ())
        else:
            _names(corners(item), item)


def _expand(expression: str, groups: Mapping[str, str], path: tuple[str, ...]) -> tuple[str, ...]:
    names: dict[object, str] = {}
    for item in _counted(expression):
        for name in _item_names(item, groups, path):
            names.setdefault(split_name(name).key, name)
            if len(names) > MAX_HOSTS:
                raise Fault(f"more than {MAX_HOSTS} hosts", item, "")
    return tuple(names.values())


def _counted(expression: str) -> tuple[str, ...]:
    """Return the items of *expression*, once it is clear that they are not too many names.

    Before any is expanded: who is refused costs nobody more than a sum.
    """
    items, total = tuple(split_items(expression)), 0
    for item in items:
        total += 0 if item.startswith("@") else count(item, limit=MAX_HOSTS)
        if total > MAX_HOSTS:
            raise Fault(f"more than {MAX_HOSTS} hosts", item, "")
    return items


def _item_names(item: str, groups: Mapping[str, str], path: tuple[str, ...]) -> tuple[str, ...]:
    if item.startswith("@"):
        return _group_names(item, groups, path)
    return _names((name for piece in pieces(item) for name in _nodeset(piece, item)), item)


def _names(texts: Iterable[str], item: str) -> tuple[str, ...]:
    names: list[str] = []
    for name in texts:
        try:
            names.append(str(split_name(name)))
        except ValueError as error:
            better = fold(names) if names else nearest(name)
            raise Fault(str(error), item, better) from None
    return tuple(names)


def _group_names(item: str, groups: Mapping[str, str], path: tuple[str, ...]) -> tuple[str, ...]:
    group = item[1:]
    if group in path:
        raise Fault(f"group {group!r} contains itself", item, "")
    if group not in groups:
        known = ", ".join(f"@{name}" for name in sorted(groups)) or "none"
        raise Fault(f"no group {group!r} in the inventory (known: {known})", item, "")
    return _expand(groups[group], groups, (*path, group))


def _nodeset(piece: str, item: str) -> Iterator[str]:
    if "-" not in piece or "[" not in piece:
        yield piece
        return
    try:
        yield from NodeSet(piece, resolver=RESOLVER_NOGROUP)
    except NodeSetException:
        raise Fault("these ranges stand too close together", item, "") from None
