"""What the probes said so far: decides whether a failure is a cause or a consequence."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable

from kuberry.model.finding import Outcome, ProbeResult
from kuberry.verify.graph import BY_ID, KINDS

_BAD = frozenset({Outcome.FAIL, Outcome.SKIPPED})


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """What a probe is about.

    Attributes:
        where: For people: a host, a pair ``red01→red02``; ``None`` for the whole cluster.
        hosts: All hosts it touches: a failure whose hosts are all among them concerns it.
    """

    where: str | None
    hosts: frozenset[str]

    def through(self, *hosts: str) -> Place:
        """Return the same place, reached through other *hosts*, too."""
        return dataclasses.replace(self, hosts=self.hosts | set(hosts))


CLUSTER = Place(None, frozenset())


def at(host: str) -> Place:
    """Return the place of one host."""
    return Place(host, frozenset({host}))


def between(source: str, target: str) -> Place:
    """Return the way from one host to another."""
    return Place(f"{source}→{target}", frozenset({source, target}))


class Ledger:
    """Keeps results; what follows from an earlier failure is recorded as skipped, with its cause.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._kept: list[tuple[Place, ProbeResult]] = []

    def ok(self, probe: str, place: Place, detail: str = "") -> None:
        """Record that a probe found what it looked for."""
        self._keep(probe, place, Outcome.OK, detail)

    def absent(self, probe: str, place: Place, detail: str) -> None:
        """Record that the cluster has not got what a probe looks for, and need not have it."""
        self._keep(probe, place, Outcome.ABSENT, detail)

    def fail(self, probe: str, place: Place, detail: str, remedy: str) -> None:
        """Record a failure; one that an earlier failure explains is recorded as skipped."""
        if not self.skip(probe, place):
            self._keep(probe, place, Outcome.FAIL, detail, remedy)

    def judge(self, probe: str, place: Place, problem: str, remedy: str) -> None:
        """Record a failure if there is a *problem*, else that all is well."""
        if problem:
            self.fail(probe, place, problem, remedy)
        elif not self.skip(probe, place):
            self.ok(probe, place)

    def skip(self, probe: str, place: Place) -> bool:
        """Record a probe as skipped if an earlier failure explains why; return whether it did."""
        found = self._explanation(probe, place)
        if found is not None:
            self._skip(probe, place, found)
        return found is not None

    def skip_because(self, probe: str, place: Place, cause: Place) -> None:
        """Record a probe as skipped, because the same probe failed at *cause*."""
        for where, one in tuple(self._kept):
            if one.id == probe and where == cause:
                self._skip(probe, place, one)

    def skip_for_want_of(self, needed: str, probe: str) -> None:
        """Record a probe of the whole cluster as skipped, because *needed* was ok nowhere."""
        bad = [one for _, one in self._kept if one.id == needed and one.outcome in _BAD]
        if bad:
            self._skip(probe, CLUSTER, _cause_first(bad))

    def is_ok(self, probe: str, place: Place) -> bool:
        """Return whether *probe* was found ok at exactly that place."""
        return any(
            one.id == probe and where == place and one.outcome is Outcome.OK
            for where, one in self._kept
        )

    def results(self) -> tuple[ProbeResult, ...]:
        """Return all results by kind, within a kind by place."""
        order = [kind.id for kind in KINDS]
        kept = (one for _, one in self._kept)
        return tuple(sorted(kept, key=lambda one: (order.index(one.id), one.where or "")))

    def _explanation(self, probe: str, place: Place) -> ProbeResult | None:
        """Return the result that *probe* cannot do without; failures come before consequences."""
        kind = BY_ID[probe]
        matching = [
            one
            for where, one in self._kept
            if one.outcome in _BAD
            and (one.id in kind.anywhere or (one.id in kind.here and where.hosts <= place.hosts))
        ]
        return _cause_first(matching) if matching else None

    def _skip(self, probe: str, place: Place, found: ProbeResult) -> None:
        cause = found.cause or found.id
        because = found.detail if found.cause else f"because of {found.id}"
        where = f" ({found.where})" if found.where and not found.cause else ""
        self._keep(probe, place, Outcome.SKIPPED, f"{because}{where}", cause=cause)

    def _keep(
        self,
        probe: str,
        place: Place,
        outcome: Outcome,
        detail: str,
        remedy: str = "",
        cause: str | None = None,
    ) -> None:
        self._kept = [one for one in self._kept if (one[0], one[1].id) != (place, probe)]
        now = self._clock()
        result = ProbeResult(
            id=probe,
            outcome=outcome,
            title=BY_ID[probe].title,
            where=place.where,
            detail=detail,
            remedy=remedy,
            cause=cause,
            duration_s=round(now - self._started, 3),
        )
        self._kept.append((place, result))


def _cause_first(results: Iterable[ProbeResult]) -> ProbeResult:
    return min(results, key=lambda one: one.outcome is Outcome.SKIPPED)


def hosts_ok(ledger: Ledger, probe: str, hosts: Iterable[str]) -> tuple[str, ...]:
    """Return those of *hosts* at which *probe* was found ok."""
    return tuple(name for name in hosts if ledger.is_ok(probe, at(name)))
