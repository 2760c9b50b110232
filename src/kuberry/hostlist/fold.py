"""From names to the shortest expression of the same order; pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from kuberry.hostlist.names import split_name

_NUMBER = re.compile(r"(?P<before>.*?)(?P<digits>[0-9]{1,9})(?P<after>[^0-9]*)", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class _Parts:
    """A name around its last number; *frame* is what neighbours share."""

    frame: tuple[str, str]
    digits: str


def fold(names: Iterable[str]) -> str:
    """Return one expression that `expand` turns back into *names*.

    Only neighbours are folded, since the order of the names is the user's; a name given twice
    stands once.

    Raises:
        ValueError: One of them is no host name.
    """
    groups: list[list[_Parts]] = []
    once: dict[object, str] = {}
    for host in map(split_name, names):
        once.setdefault(host.key, str(host))
    for name in once.values():
        parts = _parts(name)
        if groups and parts.digits and _are_neighbours(groups[-1][-1], parts):
            groups[-1].append(parts)
        else:
            groups.append([parts])
    return ",".join(_written(group) for group in groups)


def _are_neighbours(left: _Parts, right: _Parts) -> bool:
    return left.digits != "" and left.frame == right.frame


def _parts(name: str) -> _Parts:
    """Cut *name* at its last number, which is never part of the user or the port."""
    host = split_name(name)
    found = None if host.port is not None and ":" in host.name else _NUMBER.fullmatch(host.name)
    if found is None:
        return _Parts((name, ""), "")
    user = f"{host.user}@" if host.user else ""
    port = f":{host.port}" if host.port is not None else ""
    return _Parts((user + found["before"], found["after"] + port), found["digits"])


def _written(group: list[_Parts]) -> str:
    before, after = group[0].frame
    if len(group) == 1:
        return f"{before}{group[0].digits}{after}"
    runs: list[list[str]] = []
    for parts in group:
        if runs and parts.digits == _successor(runs[-1][-1]):
            runs[-1].append(parts.digits)
        else:
            runs.append([parts.digits])
    texts = (run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"{before}[{','.join(texts)}]{after}"


def _successor(digits: str) -> str:
    """Return the next number in the same style: ``09`` → ``10``, ``9`` → ``10``, ``99`` → ``100``.

    A padded number that overflows its width has none, since a range has one width.
    """
    number = str(int(digits) + 1)
    padded = digits.startswith("0") and len(digits) > 1
    if not padded:
        return number
    return number.zfill(len(digits)) if len(number) <= len(digits) else ""
