"""One thing that hosts feel, a line for each: warmth, free memory, load or LEDs."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.console import printable
from kuberry.cli.render.health import complaints
from kuberry.model.pulse import HostPulse, Pulse, WatchReport

_GIB = 2**30
_UNKNOWN = "?"


def show(report: WatchReport, subject: str, output: Output) -> None:
    """Print *subject* of each host; below it, why hosts could not be looked at."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
        return
    titles, cells = SUBJECTS[subject]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("host", *titles):
        table.add_column(title, no_wrap=True)
    for row in report.hosts:
        found = cells(row.pulse) if row.pulse else ("not reached",)
        table.add_row(*(Text(printable(one)) for one in (row.host, *found)))
    console.stdout().print(table)
    for row in report.hosts:
        _print_problem(row)


def _print_problem(row: HostPulse) -> None:
    if row.pulse is None:
        problem = row.problem
        message = problem.message if problem else "no answer came in time"
        console.print_host_failure(row.host, message, problem.remedy if problem else "")


def _temp(pulse: Pulse) -> tuple[str, ...]:
    heat = pulse.health.temperature_c if pulse.health else None
    warm = "no sensor" if heat is None else f"{heat:.1f} °C"
    return warm, complaints(pulse.health) or "-"


def _free(pulse: Pulse) -> tuple[str, ...]:
    seen = pulse.memory
    if seen is None or seen.available_bytes is None:
        return _UNKNOWN, _UNKNOWN, _UNKNOWN
    share = seen.available_bytes / seen.usable_bytes
    sizes = (f"{size / _GIB:.2f} GiB" for size in (seen.available_bytes, seen.usable_bytes))
    return (*sizes, f"{share:.0%}")


def _load(pulse: Pulse) -> tuple[str, ...]:
    seen = pulse.health.load_1min if pulse.health else None
    return (_UNKNOWN if seen is None else f"{seen:.2f}",)


def _led(pulse: Pulse) -> tuple[str, ...]:
    known = {one.name: one for one in pulse.leds or ()}
    words = (
        f"{'on' if known[name].brightness else 'off'}, by {known[name].trigger or _UNKNOWN}"
        if name in known
        else "none"
        for name in ("ACT", "PWR")
    )
    return tuple(words)


SUBJECTS: dict[str, tuple[tuple[str, ...], Callable[[Pulse], tuple[str, ...]]]] = {
    "temp": (("temperature", "firmware says"), _temp),
    "free": (("free", "of", "share"), _free),
    "load": (("load (1 min)",), _load),
    "led": (("green (ACT)", "red (PWR)"), _led),
}
