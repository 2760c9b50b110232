"""`kuberry reset`: the way back."""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli.exits import Exit, exit_for_outcome
from kuberry.cli.login import connect_options
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    Output,
    OutputOption,
    TimeoutOption,
)
from kuberry.cli.running import run
from kuberry.errors import UsageError

HostsToReset = Annotated[
    str | None,
    typer.Option("--hosts", metavar="EXPR", help="Only these; default: all of the cluster."),
]
ClusterOption = Annotated[
    str | None,
    typer.Option("--cluster", metavar="NAME", help="Default: that of the hosts, or the last one."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be removed, change nothing.")
]
SkipOption = Annotated[
    bool, typer.Option("--skip-unreachable", help="Go on without hosts that cannot be reached.")
]


def reset(
    hosts: HostsToReset = None,
    cluster: ClusterOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    skip_unreachable: SkipOption = False,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Bring hosts back to what they were before kuberry, and prove it; asks first."""
    from kuberry.api import reset as api
    from kuberry.cli.render import report as render_report
    from kuberry.cli.render import reset as render
    from kuberry.cli.render.progress import live

    if output is Output.JSON and not (yes or dry_run):
        raise UsageError("JSON is for programs, and they are not asked", remedy="add --yes")
    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    if dry_run or not yes:
        with live(output) as emit:
            plan = run(
                api.plan(
                    hosts,
                    cluster=cluster,
                    skip_unreachable=skip_unreachable,
                    options=options,
                    emit=emit,
                )
            )
        render.show(plan, output)
        if dry_run or plan.plan is None:
            return exit_for_outcome(plan.outcome)
        if not agreed():
            return Exit.DONE
    with live(output) as emit:
        report = run(
            api.reset(
                hosts,
                cluster=cluster,
                skip_unreachable=skip_unreachable,
                options=options,
                emit=emit,
            )
        )
    render_report.show(report, output)
    return exit_for_outcome(report.outcome)


def agreed() -> bool:
    """Return whether the user agrees to what was just shown.

    Raises:
        UsageError: There is nobody to ask.
    """
    try:
        return typer.confirm("Remove all this?", default=False, err=True)
    except typer.Abort:
        raise UsageError(
            "nobody agreed, and nothing was changed",
            remedy="say so with --yes where there is no terminal to ask at",
        ) from None
