"""The geometry of the waterfall: seconds to places on a line of 1000 units."""

from __future__ import annotations

import dataclasses
import itertools

WIDTH = 1000
_NARROWEST = 1.5
_MOST_TICKS = 8
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclasses.dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis; *place* is in units of the line."""

    place: float
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """Where on the line a time is.

    Attributes:
        duration_s: What the whole line stands for.
    """

    duration_s: float

    def x(self, at_s: float) -> str:
        """Return the place of *at_s* for SVG."""
        return f"{self._place(at_s):.2f}"

    def width(self, from_s: float, to_s: float) -> str:
        """Return the width of a span; the shortest can still be seen."""
        return f"{max(_NARROWEST, self._place(to_s) - self._place(from_s)):.2f}"

    def ticks(self) -> tuple[Tick, ...]:
        """Return marks at round times, at most eight."""
        if self.duration_s <= 0:
            return ()
        apart = next(
            (one for one in _STEPS_S if self.duration_s / one <= _MOST_TICKS),
            self.duration_s / _MOST_TICKS,
        )
        marks = (number * apart for number in itertools.count())
        times = itertools.takewhile(lambda one: one <= self.duration_s, marks)
        return tuple(Tick(self._place(one), one) for one in times)

    def _place(self, at_s: float) -> float:
        if self.duration_s <= 0:
            return 0.0
        return min(1.0, max(0.0, at_s / self.duration_s)) * WIDTH
