"""How a run ended, for people and programs."""

from __future__ import annotations

from collections.abc import Callable

from rich.markup import escape
from rich.table import Table

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.findings import show_findings
from kuberry.hostlist import fold
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.model.report import LEFT_BEHIND, HostReport, RunOutcome, RunReport

_COLOURS = {
    "done": "green",
    "unchanged": "green",
    "failed": "bold red",
    "blocked": "yellow",
    "unreachable": "bold red",
    "busy": "yellow",
}
_MIB = 1 << 20


def show(report: RunReport, output: Output) -> None:
    """Print how the run ended."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json") | {"outcome": report.outcome})
        return
    show_findings(report.findings)
    for one in report.hosts:
        if not one.ok:
            _failure(one)
    for probe in report.probes:
        if probe.outcome is Outcome.FAIL:
            _unproven(probe)
    if report.hosts:
        console.stdout().print(_table(report))
    _last_words(report)


def _failure(host: HostReport) -> None:
    step = f"{host.failed_step}: " if host.failed_step else ""
    console.print_host_failure(host.host, step + host.message, host.remedy)
    for line in host.output.splitlines()[-15:]:
        console.stderr().print(f"  [dim]{escape(line)}[/dim]")


def _unproven(probe: ProbeResult) -> None:
    message = f"{probe.id}: not so: {probe.title}: {probe.detail}"
    console.print_host_failure(probe.where, message, probe.remedy)


def _table(report: RunReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("HOST", "ROLE", "END", "STEPS", "SENT", "TIME"):
        table.add_column(title, justify="right" if title in {"STEPS", "SENT", "TIME"} else "left")
    for host in report.hosts:
        role = "control plane" if host.host in report.cluster.servers else "worker"
        sent = sum(step.bytes_sent for step in host.steps) / _MIB
        ended = max((step.ended_s for step in host.steps), default=0.0)
        colour = _COLOURS[host.ending]
        table.add_row(
            escape(host.host),
            role,
            f"[{colour}]{host.ending}[/{colour}]",
            str(len(host.steps)),
            f"{sent:.0f} MiB" if sent else "",
            f"{ended:.0f} s" if ended else "",
        )
    return table


def _last_words(report: RunReport) -> None:
    cluster = report.cluster
    words = _WORDS.get(report.command, _deployed)(report)
    version = f"{cluster.distribution} {cluster.version}" if cluster.version else "unknown here"
    console.stdout().print(f"\n{words[report.outcome]}  ({version}, {report.duration_s:.0f} s)")


def _deployed(report: RunReport) -> dict[RunOutcome, str]:
    good, cluster = _good(report), report.cluster
    return {
        "done": f"[bold green]{cluster.name} is a cluster[/bold green] of {escape(good)}",
        "unchanged": f"nothing to do: {cluster.name} is as it should be, its nodes are Ready",
        **_NOTHING,
        "refused": "nothing was done: put the errors above right, then run the same line again",
        "failed": "the same line goes on where this one stopped",
        "partly-done": f"ready: {escape(good)}; the same line goes on with the rest",
        "unverified": f"{cluster.name} is deployed, but does not prove itself",
    }


def _reset(report: RunReport) -> dict[RunOutcome, str]:
    proven = {one.where for one in report.probes}  # hosts that stay in the cluster have no probe
    good = fold(one.host for one in report.hosts if one.host in proven) or _good(report)
    return {
        **_NOTHING,
        "done": f"[bold green]as before kuberry came[/bold green]: {escape(good)}",
        "unchanged": f"nothing to do: there is nothing of kuberry on {escape(good)}",
        "refused": "nothing was done",
        "failed": "the same line goes on where this one stopped",
        "partly-done": f"as before: {escape(good)}; the same line goes on with the rest",
        "unverified": "all was removed, but not all is as it was before",
    }


def _stopped(report: RunReport) -> dict[RunOutcome, str]:
    good = _good(report)
    return {
        **_NOTHING,
        "done": f"[bold green]going off[/bold green]: {escape(good)}; "
        "take their power when their lights rest, and give it back: that is all",
        "unchanged": "nothing was done",
        "refused": "nothing was done",
        "failed": "the same line goes on where this one stopped",
        "partly-done": f"off: {escape(good)}",
        "unverified": "off",
    }


def _removed(report: RunReport) -> dict[RunOutcome, str]:
    behind = fold(one.host for one in report.hosts if one.code == LEFT_BEHIND)
    partly = f"out of {report.cluster.name}, but not cleaned: {escape(behind)}" if behind else ""
    return {
        **_reset(report),
        **({"partly-done": partly} if partly else {}),
        "failed": "no node was taken out; the same line tries again, --force takes it out anyway",
    }


_NOTHING: dict[RunOutcome, str] = {
    "unreachable": "nothing was done: some hosts cannot be reached",
    "busy": "nothing was done: another run is at work on these hosts",
}
_WORDS: dict[str, Callable[[RunReport], dict[RunOutcome, str]]] = {
    "reset": _reset,
    "node remove": _removed,
    "stop": _stopped,
}


def _good(report: RunReport) -> str:
    return fold(one.host for one in report.hosts if one.ok)
