"""Runs of the past for people and programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render import report as render_report
from kuberry.cli.render import verify as render_verify
from kuberry.errors import UsageError
from kuberry.hostlist import fold
from kuberry.model.event import HostEnded, StepFailed, StepFinished, StepStarted
from kuberry.model.run import EventRecord, RunDetail, RunRecord
from kuberry.reports.write import write_file

_NATURAL_WIDTH = 10_000
_STYLES = {
    "done": "green",
    "unchanged": "green",
    "running": "bold",
    "interrupted": "yellow",
    "partly-done": "yellow",
}


def show_runs(runs: Sequence[RunRecord], output: Output) -> None:
    """Print a line for each of *runs*."""
    if output is Output.JSON:
        console.print_json([one.model_dump(mode="json") for one in runs])
        return
    if not runs:
        console.stdout().print("no run is known here")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("RUN", "COMMAND", "CLUSTER", "BEGAN", "TIME", "END"):
        table.add_column(title, no_wrap=True, justify="right" if title == "TIME" else "left")
    for one in runs:
        began = f"{one.started.astimezone():%m-%d %H:%M}"
        words = (one.id, one.command, one.cluster, began, _duration(one))
        table.add_row(*(Text(word) for word in words), _end(one))
    out = console.stdout()
    if not out.is_terminal:  # whole words for pipes, however many columns
        out.width = Measurement.get(out, out.options.update(width=_NATURAL_WIDTH), table).maximum
    out.print(table)


def show_run(detail: RunDetail, events: Iterable[EventRecord]) -> None:
    """Print how a run ended; of one without a report, how far its hosts came."""
    run, out = detail.run, console.stdout()
    began = f"{run.started.astimezone():%Y-%m-%d %H:%M:%S}, kuberry {run.version}"
    out.print(Text(f"{run.command} of {run.cluster} ({fold(run.hosts)}), {began}"))
    if run.message:
        out.print(Text(console.printable(run.message.splitlines()[0]), style="red"))
    if detail.report is None:
        out.print(_end(run))
        for line in _how_far(events):
            out.print(Text(console.printable(line)))
        return
    if detail.report.hosts or detail.report.findings:
        render_report.show(detail.report, Output.TABLE)
    if detail.report.probes and run.command == "verify":
        render_verify.show(detail.report.probes, Output.TABLE)


def show_json(detail: RunDetail) -> None:
    """Print *detail* as one JSON document."""
    console.print_json(detail.model_dump(mode="json"))


def write_page(page: str, file: str) -> None:
    """Write *page* to *file*, or to standard output where that is ``-``.

    Raises:
        UsageError: It cannot be written there.
    """
    if file == "-":
        sys.stdout.write(page)
        return
    try:
        write_file(Path(file), page)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"{file} cannot be written: {why}", remedy="name another file") from None


def show_events(events: Iterable[EventRecord]) -> None:
    """Print *events* as JSON lines, as ``--output json`` had them on standard error."""
    for record in events:
        sys.stdout.write(record.model_dump_json() + "\n")


def _how_far(events: Iterable[EventRecord]) -> list[str]:
    """Return a line for each host: the last step that it began, and what became of that."""
    steps: dict[str, str] = {}
    for record in events:
        match record.event:
            case StepStarted(host=host, title=title):
                steps[host] = f"{title}: began, its end is not known"
            case StepFinished(host=host, title=title):
                steps[host] = f"{title}: done"
            case StepFailed(host=host, title=title, message=message):
                steps[host] = f"{title}: {message}"
            case HostEnded(host=host, ending=ending) if ending in {"done", "unchanged"}:
                steps[host] = ending
            case _:
                pass
    return [f"  {host}: {text}" for host, text in steps.items()]


def _end(run: RunRecord) -> Text:
    word = run.outcome if run.state == "ended" else run.state
    if run.code:
        word = f"{word} ({run.code})"
    return Text(word, style=_STYLES.get(run.outcome or run.state, "bold red"))


def _duration(run: RunRecord) -> str:
    return f"{(run.ended - run.started).total_seconds():.0f} s" if run.ended else ""
