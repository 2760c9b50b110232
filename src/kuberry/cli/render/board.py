"""Where every host of a run stands, as a picture that fits the terminal."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kuberry.cli.render.console import printable
from kuberry.hostlist import fold
from kuberry.model.event import (
    AnyEvent,
    DownloadProgress,
    HostEnded,
    Phase,
    PlanStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)

GOOD_ENDS = frozenset({"done", "unchanged"})
_BYTES_PER_STEP = 8 << 20  # what makes a step's bytes weigh as much as the step itself
_MIB = 1 << 20
_BAR_FROM, _BYTES_FROM, _RATE_FROM = 72, 60, 90  # columns of the terminal
_BAR_WIDTH = 20
_ROWS_BELOW = 2  # the folded line, and one that the cursor stands in


@dataclasses.dataclass(slots=True)
class HostLine:
    """One host: what it is to do, and how far it is."""

    host: str
    steps: int = 0
    bytes_to_send: int = 0
    steps_done: int = 0
    bytes_sent: int = 0
    step: str = ""
    step_began: float = 0.0
    step_bytes: int = 0
    ending: str = ""
    failure: str = ""

    @property
    def fraction(self) -> float:
        """Return how much is done, 0 to 1."""
        if self.ending in GOOD_ENDS:
            return 1.0
        total = self.steps + self.bytes_to_send / _BYTES_PER_STEP
        done = self.steps_done + min(self.bytes_sent, self.bytes_to_send) / _BYTES_PER_STEP
        return min(done / total, 1.0) if total else 0.0


class Board:
    """Takes events and is, at any moment, the picture of what they told.

    Args:
        clock: Seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._zero = clock()
        self._phase = ""
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
            case StepStarted() | StepProgress() | StepFinished() | StepFailed() | HostEnded():
                if line := self._lines.get(event.host):
                    self._advance(line, event)
            case _:
                pass

    def summary(self) -> str:
        """Return how many hosts are ready and which, in one folded line."""
        lines = tuple(self._lines.values())
        if not lines:
            return self._phase
        ready = [one.host for one in lines if one.ending in GOOD_ENDS]
        lost = [one.host for one in lines if one.ending and one.ending not in GOOD_ENDS]
        words = f"{len(ready)} of {len(lines)} ready" + (f": {fold(ready)}" if ready else "")
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
        words = [elapsed, self.summary(), f"{more} more hosts not shown" if more else ""]
        yield Text(
            "  ".join(word for word in words if word),
            style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )

    def _begin(self, event: PlanStarted) -> None:
        self._phase = ""
        for host, steps in event.steps.items():
            line = self._lines.setdefault(host, HostLine(host))
            line.steps += steps
            line.bytes_to_send += event.bytes_to_send.get(host, 0)
            line.ending = ""

    def _advance(
        self,
        line: HostLine,
        event: StepStarted | StepProgress | StepFinished | StepFailed | HostEnded,
    ) -> None:
        match event:
            case StepStarted():
                line.step, line.step_began, line.step_bytes = event.title, self._clock(), 0
            case StepProgress():
                line.bytes_sent += event.bytes_sent
                line.step_bytes += event.bytes_sent
            case StepFinished():
                line.steps_done += 1
                line.step_bytes = 0
            case StepFailed():
                line.failure = event.message
            case HostEnded():
                line.ending = event.ending

    def _table(self, lines: Sequence[HostLine], width: int) -> Table:
        table = Table.grid(padding=(0, 2 if width >= _BYTES_FROM else 1, 0, 0), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 4, 8))
        if width >= _BAR_FROM:
            table.add_column(width=_BAR_WIDTH)
        table.add_column(justify="right", width=4)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        if width >= _BYTES_FROM:
            table.add_column(justify="right", no_wrap=True)
        if width >= _RATE_FROM:
            table.add_column(justify="right", no_wrap=True, min_width=10)
        for line in lines:
            table.add_row(*self._cells(line, width))
        return table

    def _cells(self, line: HostLine, width: int) -> list[Text | ProgressBar]:
        cells: list[Text | ProgressBar] = [Text(printable(line.host))]
        if width >= _BAR_FROM:
            cells.append(ProgressBar(total=1.0, completed=line.fraction, width=_BAR_WIDTH))
        cells += [Text(f"{line.fraction:.0%}"), _doing(line)]
        if width >= _BYTES_FROM:
            cells.append(Text(_bytes(line)))
        if width >= _RATE_FROM:
            cells.append(Text(self._rate(line)))
        return cells

    def _rate(self, line: HostLine) -> str:
        seconds = self._clock() - line.step_began
        if line.ending or not line.step_bytes or seconds <= 0:
            return ""
        return f"{line.step_bytes / _MIB / seconds:.1f} MiB/s"


def _download(event: DownloadProgress) -> str:
    total = f"/{event.bytes_total / _MIB:.0f}" if event.bytes_total is not None else ""
    rate = event.rate_bytes_s / _MIB
    return f"downloading {event.file}: {event.bytes_done / _MIB:.0f}{total} MiB, {rate:.1f} MiB/s"


def _most_telling(lines: Sequence[HostLine], rows: int) -> list[HostLine]:
    """Return the lines there is room for: those that failed, are at work, have ended."""
    ranked = sorted(lines, key=lambda one: (one.ending in GOOD_ENDS, not one.ending))
    kept = {one.host for one in ranked[:rows]}
    return [one for one in lines if one.host in kept]


def _doing(line: HostLine) -> Text:
    if line.ending in GOOD_ENDS:
        return Text(line.ending, style="green")
    if line.ending or line.failure:
        return Text(printable(line.failure or line.ending), style="red")
    return Text(printable(line.step))


def _bytes(line: HostLine) -> str:
    if not line.bytes_to_send:
        return ""
    sent = min(line.bytes_sent, line.bytes_to_send) / _MIB
    return f"{sent:.0f}/{line.bytes_to_send / _MIB:.0f} MiB"
