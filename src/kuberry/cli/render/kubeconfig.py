"""What became of the user's kubeconfig, for people and programs."""

from __future__ import annotations

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.model.access import AccessReport


def show(report: AccessReport, output: Output) -> None:
    """Print *report*."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
        return
    console.print_lines(tuple(_lines(report)))


def _lines(report: AccessReport) -> list[str]:
    if not report.server:
        word = "removed from" if report.changed else "no entry of ours in"
        return [f"{report.context}: {word} {report.file}"]
    word = "written to" if report.changed else "as it was in"
    option = "" if report.current else f"--context {report.context} "
    lines = [f"context {report.context} ({report.server}): {word} {report.file}"]
    if report.reachable:
        lines.append(f"  kubectl {option}get nodes")
    else:
        lines.append(f"  kuberry kubectl --cluster {report.context} get nodes")
    return lines
