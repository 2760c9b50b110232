"""Who gives what to whom; pure: it hears what happened and answers with new sources.

Hosts stand in one order. Each takes a piece from the nearest host before it that is to have it,
too; the first takes it from the controller. A host that has a piece whole can give it to anyone.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

CONTROLLER = ""
"""Stands where the name of a host would: the machine that kuberry runs on."""

_MOST_BREAKS = 3
_MOST_UNMET = 2
_BAD_BEFORE_CONTROLLER = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """An artifact that several hosts are to have.

    Attributes:
        digest: SHA-256, in hexadecimal.
        receivers: The hosts, in their order.
    """

    digest: str
    size: int
    receivers: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A host is to take a piece from another source from now on."""

    host: str
    digest: str
    source: str


class Chain:
    """The order of the hosts, what each has, and where it takes what it lacks from.

    Attributes:
        sources: By host and digest: where it takes it from now.
        alone: Hosts that reach no other: the controller serves them.
        given_up: By host and digest: what the chain cannot bring there.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces: Mapping[str, Piece] = {one.digest: one for one in pieces}
        self.sources: dict[tuple[str, str], str] = {}
        self.alone: set[str] = set()
        self.given_up: set[tuple[str, str]] = set()
        self._order: list[str] = []
        self._have: dict[tuple[str, str], int] = {}
        self._whole: set[tuple[str, str]] = set()
        self._used: set[tuple[str, str]] = set()
        self._banned: set[tuple[str, str]] = set()
        self._breaks: Counter[tuple[str, str]] = Counter()
        self._unmet: Counter[str] = Counter()
        self._bad: Counter[tuple[str, str]] = Counter()
        self._any_met = False
        self._received: dict[tuple[str, str], Counter[str]] = {}

    @property
    def order(self) -> tuple[str, ...]:
        """Return the hosts as they stand now."""
        return tuple(self._order)

    def have(self, host: str, digest: str) -> int:
        """Return how many bytes of a piece a host has."""
        return self._have.get((host, digest), 0)

    def is_whole(self, host: str, digest: str) -> bool:
        """Return whether a host has proven to have a piece."""
        return (host, digest) in self._whole

    def received(self, host: str, digest: str) -> dict[str, int]:
        """Return the bytes of a piece that have come to a host, by who gave them."""
        return {
            one: count for one, count in self._received.get((host, digest), {}).items() if count
        }

    def lacks(self, host: str) -> bool:
        """Return whether a host still waits for a piece."""
        return any(one == host for one, _ in self._missing())

    def join(self, host: str) -> None:
        """Take a host in, behind all others."""
        self._order.append(host)

    def leave(self, host: str) -> None:
        """Leave a host out: it gives and takes nothing more.

        One that comes back gives what it takes from then on; the rest it may have made use of.
        """
        if host in self._order:
            self._order.remove(host)
        self._used |= {key for key in self._whole if key[0] == host}
        self._forget(lambda taker, giver: host in (taker, giver))

    def cut(self, host: str) -> None:
        """Have a slow host wait at the end of the order, where it holds up nobody."""
        self._order.remove(host)
        self._order.append(host)
        self._forget(lambda taker, giver: host in (taker, giver))

    def progressed(self, host: str, digest: str, have: int) -> None:
        """Note how much of a piece a host has; what is new came from its source."""
        key, source = (host, digest), self.sources.get((host, digest))
        if source is not None:
            came = self._received.setdefault(key, Counter())
            came[source] += max(0, have - self._have.get(key, 0))
            self._any_met = self._any_met or bool(source)
        self._have[key] = have

    def finished(self, host: str, digest: str) -> None:
        """Note that a host has a piece, with its digest proven."""
        self.progressed(host, digest, self.pieces[digest].size)
        self._whole.add((host, digest))
        self.sources.pop((host, digest), None)

    def was_bad(self, host: str, digest: str) -> tuple[str, ...]:
        """Note that a host threw a piece away, because its digest was wrong.

        Return the hosts that have taken it from there: what they have is as wrong.

        A source that was proven whole is not asked again. One that was not may have passed on what
        it was given: it has found out by itself, and is being served anew.
        """
        source = self.sources.pop((host, digest), CONTROLLER)
        self._have[host, digest] = 0
        self._bad[host, digest] += 1
        if source and self.is_whole(source, digest):
            self._banned.add((host, source))
        if self._bad[host, digest] > _BAD_BEFORE_CONTROLLER:
            self.given_up.add((host, digest))
        behind = tuple(self._behind(host, digest))
        for one in behind:
            self._have[one, digest] = 0
            self.sources.pop((one, digest))
        return behind

    def _behind(self, host: str, digest: str) -> Iterator[str]:
        for key, source in tuple(self.sources.items()):
            if source == host and key[1] == digest:
                yield key[0]
                yield from self._behind(key[0], digest)

    def broke(self, host: str, digest: str, *, met: bool) -> None:
        """Note that a host lost its source, or never met it."""
        source = self.sources.pop((host, digest), CONTROLLER)
        if not source:
            return
        self._breaks[host, source] += 1
        if not met:
            self._unmet[host] += 1
            if self._unmet[host] >= _MOST_UNMET or not self._any_met:
                self.alone.add(host)
        if not met or self._breaks[host, source] >= _MOST_BREAKS:
            self._banned.add((host, source))

    def changes(self) -> tuple[Change, ...]:
        """Return what hosts are to be told, and take it for done."""
        found = tuple(
            Change(host, digest, source)
            for host, digest in self._missing()
            if (source := self._source(host, digest)) != self.sources.get((host, digest))
        )
        for one in found:
            self.sources[one.host, one.digest] = one.source
        return found

    def _missing(self) -> Iterator[tuple[str, str]]:
        for digest, piece in self.pieces.items():
            for host in self._order:
                key = (host, digest)
                is_open = key not in self._whole and key not in self.given_up
                if host in piece.receivers and is_open:
                    yield key

    def _source(self, host: str, digest: str) -> str:
        if host in self.alone or self._bad[host, digest] >= _BAD_BEFORE_CONTROLLER:
            return CONTROLLER
        givers = [one for one in self._order if self._may_give(one, host, digest)]
        place = self._order.index(host)
        before = [one for one in givers if self._order.index(one) < place]
        if before:
            return before[-1]
        if self.sources.get((host, digest)) == CONTROLLER:
            return CONTROLLER  # those behind it may be whole a moment before it
        return next((one for one in givers if self.is_whole(one, digest)), CONTROLLER)

    def _may_give(self, giver: str, host: str, digest: str) -> bool:
        return (
            giver != host
            and giver in self.pieces[digest].receivers
            and (giver, digest) not in self.given_up | self._used
            and (host, giver) not in self._banned
        )

    def _forget(self, matches: Callable[[str, str], bool]) -> None:
        for key, source in tuple(self.sources.items()):
            if matches(key[0], source):
                del self.sources[key]
