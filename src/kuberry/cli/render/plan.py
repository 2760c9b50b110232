"""A dry run for people and programs: what would be done, per host."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from rich.markup import escape
from rich.text import Text

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.findings import show_findings
from kuberry.hostlist import fold
from kuberry.model.plan import HostPlan, InstallPackages, Plan, Reboot, SetUnit, WriteFiles
from kuberry.model.report import FileChange, PlanReport

_MIB = 1 << 20
_BASIS = {"install": "  rests on what the hosts are today; they are looked at again"}


def show(report: PlanReport, output: Output) -> None:
    """Print what would be done."""
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json") | {"outcome": report.outcome})
        return
    out = console.stdout()
    cluster = report.cluster
    rule = f"control plane {fold(cluster.servers)}: {cluster.control_plane_rule}"
    out.print(f"[bold]{cluster.name}[/bold]  {cluster.distribution} {cluster.version}  ({rule})")
    for one in report.unreachable:
        console.print_host_failure(one.host, one.message, one.remedy)
    show_findings(report.findings)
    if report.plan is None:
        return
    if report.outcome == "unchanged":
        out.print("nothing to do: the hosts are as they should be")
    _plans(report, report.plan)
    out.print("[dim]Nothing was changed. What is seen today decides; a later run plans anew.[/dim]")


def _plans(report: PlanReport, install: Plan) -> None:
    """Print what makes the hosts fit, where that is needed, and what is installed then."""
    shown = [install]
    if report.prepare is not None and not report.prepare.is_empty:
        shown = [report.prepare, install]
    for plan in shown:
        if len(shown) > 1:
            console.stdout().print(f"\n[bold]{plan.title}[/bold]{_BASIS.get(plan.title, '')}")
        for host in plan.hosts:
            paths = {
                file.path
                for step in host.steps
                if isinstance(step, WriteFiles)
                for file in step.files
            }
            mine = [one for one in report.files if one.host == host.host and one.path in paths]
            _host(host, mine)


def _host(plan: HostPlan, files: list[FileChange]) -> None:
    out = console.stdout()
    if not plan.steps:
        return
    out.print(f"\n[bold]{escape(plan.host)}[/bold]  {' · '.join(_sums(plan))}")
    for number, step in enumerate(plan.steps, 1):
        out.print(f"  {number:2}. {escape(step.title)}")
    for change in files:
        out.print(_diff(change))


def _sums(plan: HostPlan) -> Iterator[str]:
    yield f"{len(plan.steps)} steps"
    if plan.bytes_to_send:
        yield f"{plan.bytes_to_send / _MIB:.0f} MiB to send"
    packages = sum(len(one.packages) for one in plan.steps if isinstance(one, InstallPackages))
    if packages:
        yield f"{packages} packages"
    units = [one.unit for one in plan.steps if isinstance(one, SetUnit)]
    if units:
        yield f"units {', '.join(dict.fromkeys(units))}"
    reboots = sum(isinstance(one, Reboot) for one in plan.steps)
    yield f"{reboots} reboots" if reboots else "no reboot"


def _diff(change: FileChange) -> Text:
    before = (change.before or "").splitlines()
    name = change.path if change.before is not None else "/dev/null"
    lines = difflib.unified_diff(before, change.after.splitlines(), name, change.path, lineterm="")
    text = Text()
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        text.append(f"      {line}\n", style=colours.get(line[:1], "dim"))
    return text
