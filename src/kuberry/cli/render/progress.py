"""The event stream as it is seen: a live board on a terminal, plain lines, or JSON lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.board import Board
from kuberry.model.durations import Durations
from kuberry.model.event import (
    AnyEvent,
    Emit,
    HostEnded,
    HostKeyAccepted,
    Notice,
    RunEnded,
    StepFinished,
)
from kuberry.model.run import EventRecord

_REDRAWS_PER_S = 8


@contextmanager
def live(output: Output) -> Iterator[Emit]:
    """Show events as they come; results go to standard output, so these go to standard error."""
    screen = console.stderr()
    if output is Output.JSON:
        from kuberry.api.runs import stamped

        yield stamped(json_line)
    elif sys.stderr.isatty() and not screen.is_dumb_terminal:  # FORCE_COLOR makes no terminal
        from kuberry.api.durations import durations

        with bars(screen, durations=durations()) as emit:
            yield emit
    else:
        yield Lines(screen).take


def json_line(record: EventRecord) -> None:
    """Write *record* as one line of JSON; docs/events.md describes it."""
    sys.stderr.write(record.model_dump_json() + "\n")


class Lines:
    """A line for everything worth one, with the seconds since the beginning.

    Args:
        screen: Where they go.
        clock: Seconds that never jump.
    """

    def __init__(self, screen: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._zero = clock()
        self._board = Board(clock)

    def take(self, event: AnyEvent) -> None:
        """Print what *event* says."""
        self._board.take(event)
        if text := self._text(event):
            host = getattr(event, "host", None)
            said = console.printable(f"{host}: {text}" if host else text)
            self._screen.print(f"{self._clock() - self._zero:6.1f}  {escape(said)}")

    def _text(self, event: AnyEvent) -> str:
        match event:
            case StepFinished():
                return f"{event.title} ({event.duration_s:.1f} s)"
            case HostEnded():
                return f"{event.ending} ({self._board.summary()})"
            case _:
                return console.sentence(event)


@contextmanager
def bars(
    screen: Console,
    clock: Callable[[], float] = time.monotonic,
    *,
    durations: Durations | None = None,
) -> Iterator[Emit]:
    """Show a line for each host on the terminal *screen*, and what people must know above it.

    It is gone at the end: the report says how it all ended.

    Args:
        clock: Seconds that never jump.
        durations: What earlier runs took; ``None`` knows of none.
    """
    board = Board(clock, durations)
    picture = Live(board, console=screen, transient=True, refresh_per_second=_REDRAWS_PER_S)

    def take(event: AnyEvent) -> None:
        board.take(event)
        if isinstance(event, Notice | HostKeyAccepted | RunEnded) and console.sentence(event):
            host = f"{host}: " if (host := getattr(event, "host", None)) else ""
            text = console.printable(host + console.sentence(event))
            screen.print(Text(text, style="dim"), soft_wrap=True)

    with picture:
        yield take
