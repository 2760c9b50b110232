"""Raw data of one run of the benchmarks, as it is kept; every number of the page follows from it.

A figure is a ratio within one run: ours divided by theirs, both measured moments apart on the same
machine. Seconds of different runs or machines are never compared.
"""

from __future__ import annotations

import statistics
from datetime import datetime
from typing import Literal

from kuberry.model.value import Value

Verdict = Literal["kept", "missed", "no figure"]


class Sample(Value):
    """One contender, measured once.

    Attributes:
        load: Of this machine before the start: runnable processes, mean over a minute.
        fault: Why it does not count; empty when it does.
        notes: What it said of its own parts, for people.
    """

    seconds: float
    load: float = 0.0
    fault: str = ""
    notes: tuple[str, ...] = ()


class Pair(Value):
    """Ours and theirs, measured one right after the other."""

    ours: Sample
    theirs: Sample
    first: Literal["ours", "theirs"]

    @property
    def counts(self) -> bool:
        """Return whether both did what they were asked for."""
        return not (self.ours.fault or self.theirs.fault)

    @property
    def ratio(self) -> float:
        """Return ours divided by theirs."""
        return self.ours.seconds / self.theirs.seconds


class Part(Value):
    """A part of what we do, measured alone: it says where the time goes, and is no figure."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """Return the seconds it takes."""
        return statistics.median(self.seconds)


class Comparison(Value):
    """One figure: the same end reached in two ways, several times, in alternating order.

    Attributes:
        wanted: The ratio we have set ourselves as the most.
        fault: Why it could not be measured to its end; empty when it was.
        commit: Of the source it was measured with; empty where that is the run's own.
    """

    name: str
    title: str
    ours: str
    theirs: str
    wanted: float
    pairs: tuple[Pair, ...]
    parts: tuple[Part, ...] = ()
    fault: str = ""
    commit: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return the ratios of the pairs that count, in the order they were measured."""
        return tuple(one.ratio for one in self.pairs if one.counts)

    @property
    def ratio(self) -> float | None:
        """Return the median of the ratios; ``None`` when no pair counts."""
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def faults(self) -> tuple[str, ...]:
        """Return what made pairs not count."""
        samples = (sample for one in self.pairs for sample in (one.ours, one.theirs))
        return tuple(sample.fault for sample in samples if sample.fault)

    def with_more(self, more: Comparison) -> Comparison:
        """Return this figure with the pairs and parts of *more*, which was measured later."""
        return more.model_copy(
            update={"pairs": self.pairs + more.pairs, "parts": more.parts or self.parts}
        )

    @property
    def verdict(self) -> Verdict:
        """Return what became of the wish; with a pair that does not count it is never kept."""
        if self.ratio is None:
            return "no figure"
        whole = not (self.faults or self.fault)
        return "kept" if self.ratio <= self.wanted and whole else "missed"


class Machine(Value):
    """Where it was measured.

    Attributes:
        versions: By program.
    """

    processor: str
    cores: int
    memory_bytes: int
    system: str
    kernel: str
    versions: dict[str, str]


class BenchRun(Value):
    """One run: the machine, and all figures that were asked for.

    Attributes:
        kind: ``short`` has too few repetitions to be published.
        duration_s: Seconds, of all pieces together where it was measured in pieces.
        commit: Of the source that was measured; ``+`` at its end when files were changed.
    """

    schema_version: Literal[1] = 1
    kind: Literal["full", "short"]
    started: datetime
    duration_s: float
    commit: str
    machine: Machine
    comparisons: tuple[Comparison, ...]

    def with_more(self, more: BenchRun) -> BenchRun:
        """Return this run with the figures of *more*, a later run.

        Pairs are added to those of the same source; a figure of another source takes the place of
        the one before, and says so.
        """
        before = {one.name: one for one in self.comparisons}
        other = "" if more.commit == self.commit else more.commit
        later = [one.model_copy(update={"commit": other}) for one in more.comparisons]
        found = [
            before[one.name].with_more(one)
            if one.name in before and before[one.name].commit == other
            else one
            for one in later
        ]
        names = {one.name for one in later}
        kept = [one for name, one in before.items() if name not in names]
        return self.model_copy(
            update={
                "duration_s": round(self.duration_s + more.duration_s, 1),
                "machine": more.machine,
                "comparisons": (*kept, *found),
            }
        )
