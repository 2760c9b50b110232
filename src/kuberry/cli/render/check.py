"""What a check found, for people and programs."""

from __future__ import annotations

from collections import Counter

from rich.markup import escape

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.findings import show_findings
from kuberry.hostlist import fold
from kuberry.model.check import CheckReport
from kuberry.model.finding import Severity


def show(report: CheckReport, output: Output) -> None:
    """Print *report*; findings are its result, so they go to standard output."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
        return
    out = console.stdout()
    show_findings(report.findings, out)
    for one in report.unreachable:
        console.print_host_failure(one.host, one.problem.message, one.problem.remedy)
    if not report.bundle:
        out.print("[dim]no bundle is chosen: what rests on one was not checked[/dim]")
    out.print(_summary(report))


def _summary(report: CheckReport) -> str:
    counts = Counter(one.severity for one in report.findings)
    parts = [
        f"{counts[severity]} {word}{'s' if counts[severity] > 1 and severity in _COUNTED else ''}"
        for severity, word in _WORDS.items()
        if counts[severity]
    ]
    found = f": {', '.join(parts)}" if parts else ""
    if not report.hosts:
        return f"no host could be checked{found}"
    who = f"{escape(fold(report.hosts))} and this machine"
    if report.errors:
        return f"[bold red]not fit[/bold red]: {who}{found}"
    return f"[bold green]fit[/bold green]: {who}{found}"


_WORDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.IGNORED: "ignored",
    Severity.INFO: "to know",
}
_COUNTED = (Severity.ERROR, Severity.WARNING)
