"""How hosts feel, as a picture that fits the terminal, as lines, or as JSON lines."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.console import printable
from kuberry.cli.render.health import card_words, complaints, is_alarming
from kuberry.model.pulse import HostPulse, Pulse, WatchReport

SAMPLES = 16
_BARS = "▁▂▃▄▅▆▇█"
_COLDEST_C, _HOTTEST_C = 30.0, 90.0
_GIB = 2**30
_LOAD_FROM, _CLOCK_FROM, _LINK_FROM, _CARD_FROM = 40, 64, 76, 96  # columns of the terminal

Show = Callable[[WatchReport], None]


@contextmanager
def watching(output: Output) -> Iterator[Show]:
    """Give what takes the reports: results, so they go to standard output."""
    if output is Output.JSON:
        yield _json_line
    elif sys.stdout.isatty():
        board = HealthBoard()
        with Live(board, console=console.stdout(), auto_refresh=False) as picture:

            def show(report: WatchReport) -> None:
                board.take(report)
                picture.refresh()

            yield show
    else:
        yield _lines


def _json_line(report: WatchReport) -> None:
    sys.stdout.write(report.model_dump_json() + "\n")
    sys.stdout.flush()


def _lines(report: WatchReport) -> None:
    for row in report.hosts:
        words = " ".join(text.plain for text in _cells(row, "", wide=True)[1:] if text.plain)
        sys.stdout.write(f"{report.taken_at:%H:%M:%S} {printable(row.host)} {words}\n")
    sys.stdout.flush()


def sparkline(values: deque[float | None]) -> str:
    """Return a bar for each temperature, 30 to 90 °C; a gap where there was none."""
    scale = (_HOTTEST_C - _COLDEST_C) / len(_BARS)
    return "".join(
        " "
        if value is None
        else _BARS[min(max(int((value - _COLDEST_C) / scale), 0), len(_BARS) - 1)]
        for value in values
    )


class HealthBoard:
    """Takes reports and is, at any moment, the picture of the newest; older ones are bars."""

    def __init__(self) -> None:
        self._report: WatchReport | None = None
        self._heat: dict[str, deque[float | None]] = {}

    def take(self, report: WatchReport) -> None:
        """Show *report* from now on."""
        self._report = report
        for row in report.hosts:
            known = self._heat.setdefault(row.host, deque(maxlen=SAMPLES))
            health = row.pulse.health if row.pulse else None
            known.append(health.temperature_c if health else None)

    def __rich_console__(self, screen: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it: never wider than the terminal, never higher."""
        if self._report is None:
            return
        rows = self._report.hosts[: max(screen.size.height - 3, 1)]
        width = options.max_width
        table = Table.grid(padding=(0, 1, 0, 0))
        for title in _titles(width):
            ratio = title == "HEALTH"
            table.add_column(
                no_wrap=True,
                overflow="ellipsis",
                ratio=1 if ratio else None,
                max_width=max(width // 4, 8) if title == "HOST" else None,
            )
        table.expand = True
        table.add_row(*(Text(title, style="dim") for title in _titles(width)))
        for row in rows:
            cells = _cells(row, sparkline(self._heat[row.host]), wide=False)
            table.add_row(*_fitting(cells, width))
        yield table
        more = len(self._report.hosts) - len(rows)
        words = f"{self._report.taken_at.astimezone():%H:%M:%S}  Ctrl-C ends it"
        words += f"  {more} more hosts not shown" if more else ""
        yield Text(words, style="dim", no_wrap=True, overflow="ellipsis")


_TITLES = ("HOST", "TEMP", "", "HEALTH", "LOAD", "MEMORY FREE", "CLOCK", "LINK", "CARD")


def _titles(width: int) -> list[str]:
    return [title for title, kept in zip(_TITLES, _kept(width), strict=True) if kept]


def _fitting(cells: list[Text], width: int) -> list[Text]:
    return [cell for cell, kept in zip(cells, _kept(width), strict=True) if kept]


def _kept(width: int) -> tuple[bool, ...]:
    steps = (_LOAD_FROM, _CLOCK_FROM, _LINK_FROM, _CARD_FROM)
    load, clock, link, card = (width >= one for one in steps)
    return (True, True, clock, True, load, clock, link, link, card)


def _cells(row: HostPulse, line: str, *, wide: bool) -> list[Text]:
    name = Text(printable(row.host), style="bold")
    if row.pulse is None:
        why = row.problem.message if row.problem else "connecting"
        words = Text(printable(why), style="red" if row.problem else "dim")
        return [name, Text("-"), Text(line), words, *(Text("") for _ in _TITLES[4:])]
    pulse = row.pulse
    health = pulse.health
    hot = health is not None and is_alarming(health)
    heat = None if health is None else health.temperature_c
    return [
        name,
        Text("-" if heat is None else f"{heat:.0f} °C", style="bold red" if hot else ""),
        Text(line),
        Text(complaints(health) or ("" if wide else "-"), style="bold red" if hot else ""),
        Text(_labelled("load", _load(pulse), wide=wide)),
        Text(_labelled("free", _memory(pulse), wide=wide)),
        Text(_rate(pulse)),
        Text(_link(pulse)),
        Text(", ".join(card_words(one) for one in pulse.cards or ()) or "-"),
    ]


def _labelled(label: str, words: str, *, wide: bool) -> str:
    return f"{label} {words}" if wide else words


def _load(pulse: Pulse) -> str:
    load = pulse.health.load_1min if pulse.health else None
    return "-" if load is None else f"{load:.2f}"


def _memory(pulse: Pulse) -> str:
    seen = pulse.memory
    if seen is None or seen.available_bytes is None:
        return "-"
    return f"{seen.available_bytes / _GIB:.1f}/{seen.usable_bytes / _GIB:.1f} GiB"


def _rate(pulse: Pulse) -> str:
    rate = pulse.health.cpu_frequency_mhz if pulse.health else None
    return "-" if rate is None else f"{rate} MHz"


def _link(pulse: Pulse) -> str:
    if pulse.link is None:
        return "-"
    if pulse.link.wireless:
        return "Wi-Fi"
    return "-" if pulse.link.speed_mbps is None else f"{pulse.link.speed_mbps} Mbit/s"
