"""Machines found, for people and programs: the expression alone goes to standard output."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.console import printable
from kuberry.model.found import FindReport, FoundHost


def show(report: FindReport, output: Output) -> None:
    """Print *report*: machines to standard error, so that a shell can take the expression."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
        return
    out = console.stderr()
    if report.hosts:
        out.print(_table(report.hosts))
    for note in report.notes:
        out.print(Text(note, style="dim"))
    if report.expression:
        console.print_lines((report.expression,))
        return
    found = f"{len(report.hosts)} machines, but no Raspberry Pi" if report.hosts else "nobody"
    more = "--any takes every SSH server" if report.swept else "--sweep asks every address"
    out.print(f"found {found}; {more}")


def _table(hosts: tuple[FoundHost, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("ADDRESS", "NAME", "MAC", "WHAT"):
        table.add_column(title, no_wrap=title != "WHAT")
    for one in hosts:
        table.add_row(one.address, one.name or "-", one.mac or "-", Text(_what(one)))
    return table


def _what(found: FoundHost) -> str:
    words = ["Raspberry Pi"] if found.raspberry_pi else []
    if found.ssh:
        words.append(printable(found.ssh))
    elif found.announces_ssh:
        words.append("announces SSH")
    return ", ".join(words) or "-"
