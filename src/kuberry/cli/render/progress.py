"""The event stream on a terminal: one line a host; plain lines where there is no terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.model.event import (
    AnyEvent,
    Emit,
    HostEnded,
    PlanStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)

_BYTES_PER_STEP = 8 << 20  # what makes a step's bytes weigh as much as the step itself


@contextmanager
def live(output: Output) -> Iterator[Emit]:
    """Show events as they come; results go to standard output, so these go to standard error."""
    if output is Output.JSON:
        yield _json_line
    elif sys.stderr.isatty():
        with _Bars() as bars:
            yield bars.take
    else:
        yield _Lines().take


def _json_line(event: AnyEvent) -> None:
    sys.stderr.write(json.dumps(event.model_dump(mode="json")) + "\n")


class _Lines:
    """A line for everything worth one, with the seconds since the beginning."""

    def __init__(self) -> None:
        self._zero = time.monotonic()

    def take(self, event: AnyEvent) -> None:
        text = console.sentence(event)
        if isinstance(event, StepFinished):
            text = f"{event.title} ({event.duration_s:.1f} s)"
        if text:
            host = getattr(event, "host", None)
            where = f"{host}: " if host else ""
            console.stderr().print(f"{time.monotonic() - self._zero:6.1f}  {escape(where + text)}")


class _Bars:
    """One bar for each host; notices stand above them."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.fields[host]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console.stderr(),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._progress.stop()

    def take(self, event: AnyEvent) -> None:
        match event:
            case PlanStarted():
                self._begin(event)
            case StepStarted():
                self._update(event.host, escape(event.title), 0)
            case StepProgress():
                self._update(event.host, None, event.bytes_sent / _BYTES_PER_STEP)
            case StepFinished():
                self._update(event.host, None, 1)
            case StepFailed():
                self._update(event.host, f"[red]{escape(event.message)}[/red]", 0)
            case HostEnded():
                self._update(event.host, event.ending, 0)
            case _:
                console.print_event(event)

    def _begin(self, event: PlanStarted) -> None:
        for host, steps in event.steps.items():
            total = steps + event.bytes_to_send.get(host, 0) / _BYTES_PER_STEP
            self._tasks[host] = self._progress.add_task("", total=max(total, 1), host=host)

    def _update(self, host: str, description: str | None, advance: float) -> None:
        task = self._tasks.get(host)
        if task is None:
            return
        if description is None:
            self._progress.advance(task, advance)
        else:
            self._progress.update(task, description=description, advance=advance)
