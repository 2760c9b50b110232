"""Findings of preflight for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from kuberry.cli.render import console
from kuberry.model.finding import Finding, Severity

_COLOURS = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.IGNORED: "magenta",
    Severity.INFO: "dim",
}


def show_findings(findings: Iterable[Finding], out: Console | None = None) -> None:
    """Print each finding with its proof and remedy, the worst first.

    Args:
        out: Where to; ``None`` is standard error.
    """
    order = list(_COLOURS)
    out = out or console.stderr()
    for one in sorted(findings, key=lambda one: order.index(one.severity)):
        where = f"{one.host}: " if one.host else ""
        colour = _COLOURS[one.severity]
        word = f"{one.severity} {one.was}" if one.was else str(one.severity)
        said = escape(console.printable(where + one.title))
        out.print(f"[{colour}]{word} {one.code}[/{colour}] {said}")
        if one.proof:
            out.print(f"  {escape(console.printable(one.proof))}")
        if one.remedy:
            out.print(f"  → {escape(console.printable(one.remedy))}")
