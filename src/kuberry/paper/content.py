"""What a section of the report is made of; pure."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

_FAR_APART = 10
_NO_FRACTION, _TENTH = 100, 0.1


@dataclasses.dataclass(frozen=True, slots=True)
class Spread:
    """One line of a plot: the median of some rounds, with the smallest and the largest as whiskers.

    Attributes:
        series: Whose it is: lines of one series look alike.
        rounds: How many values stand behind it.
    """

    label: str
    series: str
    low: float
    median: float
    high: float
    rounds: int


@dataclasses.dataclass(frozen=True, slots=True)
class Plot:
    """Spreads beside each other on one axis.

    Attributes:
        name: Unique on the page.
        unit: Of the axis.
        marks: Where a value was wished for, by label of the line.
    """

    name: str
    title: str
    unit: str
    spreads: tuple[Spread, ...]
    marks: tuple[tuple[str, float], ...] = ()

    @property
    def logarithmic(self) -> bool:
        """Return whether the axis is: values that lie close together begin at 0 instead."""
        values = [one.low for one in self.spreads] + [one.high for one in self.spreads]
        return min(values) > 0 and max(values) / min(values) > _FAR_APART

    @property
    def alt(self) -> str:
        """Return in words what the plot shows."""
        lines = (
            f"{one.label}{f', {one.series}' if one.series else ''}: {told(one.median)}"
            f" ({told(one.low)} to {told(one.high)}, {counted(one.rounds)})"
            for one in self.spreads
        )
        return f"{self.title}, in {self.unit}, median (smallest to largest): {'; '.join(lines)}."

    @property
    def table(self) -> Table:
        """Return the same figures as a table."""
        heads = ("what", "whose", "median", "smallest", "largest", "rounds")
        rows = tuple(
            (
                one.label,
                one.series,
                *(told(value) for value in (one.median, one.low, one.high)),
                str(one.rounds),
            )
            for one in self.spreads
        )
        return Table(f"{self.title}, in {self.unit}", heads, rows)


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A step on a host; seconds since the run began."""

    host: str
    title: str
    started_s: float
    ended_s: float

    @property
    def waits(self) -> bool:
        """Return whether it waited for something else."""
        return self.title.startswith("wait ")


@dataclasses.dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps of one run, host by host."""

    name: str
    title: str
    spans: tuple[Span, ...]

    @property
    def alt(self) -> str:
        """Return in words what the picture shows."""
        hosts = dict.fromkeys(one.host for one in self.spans)
        longest = sorted(self.spans, key=lambda one: one.started_s - one.ended_s)[:5]
        parts = (f"{one.host}: {one.title}, {one.ended_s - one.started_s:.1f} s" for one in longest)
        end = max(one.ended_s for one in self.spans)
        return (
            f"{self.title}: {len(self.spans)} steps on {', '.join(hosts)} over {end:.1f} s. "
            f"The longest: {'; '.join(parts)}."
        )

    @property
    def table(self) -> Table:
        """Return the same spans as a table."""
        rows = tuple(
            (one.host, one.title, f"{one.started_s:.1f}", f"{one.ended_s - one.started_s:.1f}")
            for one in sorted(self.spans, key=lambda one: (one.started_s, one.host))
        )
        return Table(self.title, ("host", "step", "begins, s", "takes, s"), rows)


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Rows of text below heads."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        name: Unique on the page.
        tables: Beside those that belong to pictures; long ones are folded up on a screen.
        missing: What nobody has measured yet.
    """

    name: str
    title: str
    text: tuple[str, ...] = ()
    pictures: tuple[Plot | Waterfall, ...] = ()
    tables: tuple[Table, ...] = ()
    missing: tuple[str, ...] = ()


def spread(label: str, series: str, values: Sequence[float]) -> tuple[Spread, ...]:
    """Return the spread of *values*; none where there are none."""
    if not values:
        return ()
    middle = statistics.median(values)
    return (Spread(label, series, min(values), middle, max(values), len(values)),)


def told(value: float) -> str:
    """Return *value* with two digits that say something, at the least; it is not negative."""
    if value >= _NO_FRACTION:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= _TENTH else f"{value:.2g}"


def counted(rounds: int) -> str:
    """Return the number of *rounds* in words that fit it."""
    return "1 round" if rounds == 1 else f"{rounds} rounds"
