"""Where every host of a run stands, as a picture that fits the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kuberry.cli.render.console import printable
from kuberry.cli.render.host_line import GOOD_ENDS, HostLine
from kuberry.hostlist import fold
from kuberry.model.durations import Durations
from kuberry.model.event import (
    AnyEvent,
    DownloadProgress,
    HostEnded,
    Phase,
    PlanStarted,
    RunStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kuberry.model.heat import HostFelt
from kuberry.model.sighting import HostSeen

_MIB = 1 << 20
_BYTES_FROM, _HEAT_FROM, _LEFT_FROM, _BAR_FROM, _RATE_FROM = 60, 64, 70, 72, 100
_WIDE_BAR_FROM, _BAR_WIDTH, _WIDE_BAR_WIDTH = 110, 10, 20
_ROWS_BELOW = 2  # the folded line, and one that the cursor stands in
_WORDS = {"reset": "as before", "stop": "off", "node remove": "done"}
"""What hosts are at the good end of a run; of all others: ready."""


class Board:
    """Takes events and is, at any moment, the picture of what they told.

    Args:
        clock: Seconds that never jump.
        durations: What earlier runs took; ``None`` knows of none.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, durations: Durations | None = None
    ) -> None:
        self._clock = clock
        self._durations = durations or Durations()
        self._zero = clock()
        self._phase = ""
        self._good = "ready"
        self._boards: dict[str, str] = {}
        self._lines: dict[str, HostLine] = {}

    def take(self, event: AnyEvent) -> None:
        """Change the picture; events of other hosts and kinds leave it as it is."""
        match event:
            case Phase():
                self._phase = event.message
            case DownloadProgress():
                self._phase = _download(event)
            case PlanStarted():
                self._begin(event)
            case RunStarted():
                self._good = _WORDS.get(event.command, "ready")
            case HostSeen():
                self._boards[event.host] = event.board
            case (
                StepStarted()
                | StepProgress()
                | StepFinished()
                | StepFailed()
                | HostEnded()
                | HostFelt()
            ):
                if line := self._lines.get(event.host):
                    line.advance(event, self._clock())
            case _:
                pass

    def summary(self) -> str:
        """Return how many hosts are ready and which, in one folded line."""
        lines = tuple(self._lines.values())
        if not lines:
            return self._phase
        ready = [one.host for one in lines if one.ending in GOOD_ENDS]
        lost = [one.host for one in lines if one.ending and one.ending not in GOOD_ENDS]
        words = f"{len(ready)} of {len(lines)} {self._good}"
        words += f": {fold(ready)}" if ready else ""
        if lost:
            words += f"; failed: {fold(lost)}"
        is_over = len(ready) + len(lost) == len(lines)
        return f"{words}; {self._phase}" if is_over and self._phase else words

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it: never wider than the terminal, never higher."""
        lines = tuple(self._lines.values())
        shown = _most_telling(lines, max(console.size.height - _ROWS_BELOW, 1))
        if shown:
            yield self._table(shown, options.max_width)
        more = len(lines) - len(shown)
        elapsed = f"{self._clock() - self._zero:.0f} s"
        words = [
            elapsed,
            self._left(),
            self.summary(),
            f"{more} more hosts not shown" if more else "",
        ]
        yield Text(
            "  ".join(word for word in words if word),
            style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )

    def _left(self) -> str:
        """Return when the slowest host will be through; ≈ is no measure, but an estimate."""
        at_work = [one for one in self._lines.values() if not (one.ending or one.failure)]
        found = [one.left(self._durations, self._clock()) for one in at_work]
        known = [one for one in found if one is not None]
        if not known or len(known) < len(at_work):
            return ""
        return f"{max(known, key=lambda one: one.seconds)} left"

    def _begin(self, event: PlanStarted) -> None:
        self._phase = ""
        for host, steps in event.steps.items():
            line = self._lines.setdefault(host, HostLine(host))
            line.steps += steps
            line.bytes_to_send += event.bytes_to_send.get(host, 0)
            line.ending = ""
            line.todo = event.step_ids.get(host, ())
            line.board = self._boards.get(host, "")

    def _table(self, lines: Sequence[HostLine], width: int) -> Table:
        table = Table.grid(padding=(0, 2 if width >= _RATE_FROM else 1, 0, 0), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 4, 8))
        if width >= _BAR_FROM:
            table.add_column(width=_bar_width(width))
        table.add_column(justify="right", width=4)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for start, least in ((_BYTES_FROM, 0), (_RATE_FROM, 10), (_HEAT_FROM, 4), (_LEFT_FROM, 7)):
            if width >= start:
                table.add_column(justify="right", no_wrap=True, min_width=least)
        for line in lines:
            table.add_row(*self._cells(line, width))
        return table

    def _cells(self, line: HostLine, width: int) -> list[Text | ProgressBar]:
        now = self._clock()
        left = line.left(self._durations, now)
        cells: list[Text | ProgressBar] = [Text(printable(line.host))]
        if width >= _BAR_FROM:
            bar = ProgressBar(total=1.0, completed=line.fraction, width=_bar_width(width))
            cells.append(bar)
        cells += [Text(f"{line.fraction:.0%}"), line.doing(self._good)]
        more = (
            (_BYTES_FROM, Text(line.amount())),
            (_RATE_FROM, Text(line.rate(now))),
            (_HEAT_FROM, line.heat()),
            (_LEFT_FROM, Text(str(left) if left else "")),
        )
        return cells + [cell for start, cell in more if width >= start]


def _bar_width(width: int) -> int:
    return _WIDE_BAR_WIDTH if width >= _WIDE_BAR_FROM else _BAR_WIDTH


def _download(event: DownloadProgress) -> str:
    total = f"/{event.bytes_total / _MIB:.0f}" if event.bytes_total is not None else ""
    rate = event.rate_bytes_s / _MIB
    return f"downloading {event.file}: {event.bytes_done / _MIB:.0f}{total} MiB, {rate:.1f} MiB/s"


def _most_telling(lines: Sequence[HostLine], rows: int) -> list[HostLine]:
    """Return the lines there is room for: those that failed, are at work, have ended."""
    ranked = sorted(lines, key=lambda one: (one.ending in GOOD_ENDS, not one.ending))
    kept = {one.host for one in ranked[:rows]}
    return [one for one in lines if one.host in kept]
