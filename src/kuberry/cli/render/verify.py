"""What a cluster proved to be: a line for each kind of probe, and what is wrong in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.model.finding import Outcome, ProbeResult

_STYLES = {
    Outcome.OK: "green",
    Outcome.FAIL: "bold red",
    Outcome.SKIPPED: "yellow",
    Outcome.ABSENT: "dim",
}
_WORST_FIRST = (Outcome.FAIL, Outcome.SKIPPED, Outcome.OK, Outcome.ABSENT)
_MANY = 3
_NATURAL_WIDTH = 10_000


def failed(results: Iterable[ProbeResult]) -> bool:
    """Return whether anything failed."""
    return any(one.outcome is Outcome.FAIL for one in results)


def show(results: Sequence[ProbeResult], output: Output) -> None:
    """Print *results*."""
    if output is Output.JSON:
        console.print_json([one.model_dump(mode="json") for one in results])
        return
    out = console.stdout()
    rows = table(results)
    if not out.is_terminal:
        out.width = Measurement.get(out, out.options.update(width=_NATURAL_WIDTH), rows).maximum
    out.print(rows)
    for one in results:
        if one.outcome is Outcome.FAIL:
            where = f" {one.where}" if one.where else ""
            out.print(Text(f"{one.id}{where}: {_printable(one.detail)}", style="red"))
            out.print(Text(f"  → {_printable(one.remedy)}"))
    out.print(_summary(results))


def table(results: Sequence[ProbeResult]) -> Table:
    """Return a row for each kind of probe and outcome."""
    result = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("PROBE", "RESULT", "WHAT", "WHERE"):
        result.add_column(name, no_wrap=name in {"PROBE", "RESULT"})
    for _, group in groupby(results, key=lambda one: one.id):
        same = list(group)
        for outcome in _WORST_FIRST:
            rows = [one for one in same if one.outcome is outcome]
            if rows:
                result.add_row(
                    rows[0].id,
                    Text(outcome.value, style=_STYLES[outcome]),
                    _what(rows),
                    _where(rows),
                )
    return result


def _what(rows: list[ProbeResult]) -> Text:
    details = {one.detail for one in rows}
    if rows[0].outcome in {Outcome.ABSENT, Outcome.SKIPPED} and len(details) == 1:
        return Text(_printable(rows[0].detail))
    return Text(rows[0].title)


def _where(rows: list[ProbeResult]) -> Text:
    places = [one.where for one in rows if one.where]
    text = ", ".join(places[:_MANY])
    return Text(f"{text} and {len(places) - _MANY} more" if len(places) > _MANY else text)


def _summary(results: Sequence[ProbeResult]) -> Text:
    counts = {one: sum(item.outcome is one for item in results) for one in _WORST_FIRST}
    words = ", ".join(f"{count} {one.value}" for one, count in counts.items() if count)
    bad = counts[Outcome.FAIL] > 0
    verdict = "the cluster is not what was promised" if bad else "the cluster is proven"
    return Text(f"{verdict}: {words}", style="bold red" if bad else "bold green")


def _printable(text: str) -> str:
    """Return *text* without what could steer a terminal: hosts choose some of these words."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
