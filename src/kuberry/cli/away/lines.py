"""What each line shows when a server does it: what it shows when it is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kuberry.cli.away.doing import Server
from kuberry.cli.exits import Exit, exit_for_hosts, exit_for_outcome
from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render import plan as render_plan
from kuberry.cli.render import report as render_report
from kuberry.cli.render import reset as render_reset
from kuberry.cli.render import runs as render_runs
from kuberry.cli.render import verify as render_verify
from kuberry.cli.reset import agreed
from kuberry.errors import UsageError
from kuberry.model.removal import ResetPlan
from kuberry.model.report import PlanReport
from kuberry.model.request import (
    AnyRequest,
    DeployRequest,
    NodeAddRequest,
    NodeRemoveRequest,
    ResetRequest,
    VerifyRequest,
)

Said = Mapping[str, Any]


def do(server: Server, request: AnyRequest, said: Said) -> int:
    """Have *request* done, and show its report."""
    report = server.follow(request, said["output"])
    render_report.show(report, said["output"])
    return exit_for_outcome(report.outcome)


def deploy(server: Server, request: DeployRequest | NodeAddRequest, said: Said) -> int:
    """Have hosts made a cluster or taken into one, or the plan for it."""
    if not said["dry_run"]:
        return do(server, request, said)
    plan = server.client.plan(request)
    assert isinstance(plan, PlanReport)  # noqa: S101 -- what a deploy's plan is
    render_plan.show(plan, said["output"])
    return exit_for_outcome(plan.outcome)


def remove(server: Server, request: ResetRequest | NodeRemoveRequest, said: Said) -> int:
    """Have hosts brought back, or show what that would be; asks first."""
    output, dry_run = said["output"], said.get("dry_run", False)
    if output is Output.JSON and not (said["yes"] or dry_run):
        raise UsageError("JSON is for programs, and they are not asked", remedy="add --yes")
    if dry_run or not said["yes"]:
        plan = server.client.plan(request)
        assert isinstance(plan, ResetPlan)  # noqa: S101 -- what a removal's plan is
        render_reset.show(plan, output)
        if dry_run or plan.plan is None:
            return exit_for_outcome(plan.outcome)
        if not agreed():
            return Exit.DONE
    return do(server, request, said)


def verify(server: Server, request: VerifyRequest, said: Said) -> int:
    """Have a cluster prove itself."""
    probes = server.ask_quietly(request).probes
    render_verify.show(probes, said["output"])
    return Exit.VERIFY if render_verify.failed(probes) else Exit.DONE


def check(server: Server, request: DeployRequest, said: Said) -> int:
    """Have hosts checked."""
    from kuberry.cli.render.check import show

    report = server.client.check(request)
    show(report, said["output"])
    if report.errors:
        return Exit.PREFLIGHT
    return exit_for_hosts(len(report.unreachable), len(report.cluster.hosts))


def status(server: Server, said: Said) -> int:
    """Show the hosts as the server sees them."""
    from kuberry.cli.render.status import print_status

    report = server.client.status(said["hosts"])
    if said["output"] is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
    else:
        print_status(report)
    return exit_for_hosts(len(report.unreachable), len(report.hosts))


def list_runs(server: Server, said: Said) -> int:
    """List the runs that the server's journal knows."""
    found = server.newest_runs(said["cluster"], said["limit"])
    render_runs.show_runs(found, said["output"])
    return Exit.DONE


def show_run(server: Server, said: Said) -> int:
    """Show one run of the server's journal."""
    client, run = server.client, said["run"]
    if said["html"] is not None:
        render_runs.write_page(client.report_page(run), said["html"])
    elif said["output"] == "events":
        render_runs.show_events(client.kept_events(run))
    else:
        detail = client.run(run)
        if said["output"] == "json":
            render_runs.show_json(detail)
        else:
            render_runs.show_run(detail, client.kept_events(detail.run.id))
    return Exit.DONE
