"""`kuberry node`: one more Pi, or one less."""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli.deploy import (
    DryRunOption,
    FirewallOption,
    IgnoreOption,
    NewIdsOption,
    PageSize,
    PageSizeOption,
    SkipOption,
    Verify,
    VerifyOption,
    preparation,
)
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
from kuberry.cli.reset import YesOption, agreed
from kuberry.cli.running import run
from kuberry.errors import UsageError

app = typer.Typer(help="Take hosts into a cluster, and out of it.", no_args_is_help=True)

HostsArgument = Annotated[
    str, typer.Argument(metavar="EXPR", help='Hosts, for example "red03" or "red[03-05]".')
]
ClusterToJoin = Annotated[
    str | None, typer.Option("--cluster", metavar="NAME", help="Default: the last one used.")
]
ClusterToLeave = Annotated[
    str | None, typer.Option("--cluster", metavar="NAME", help="Default: that of the hosts.")
]
DrainOption = Annotated[
    int, typer.Option("--drain-timeout", metavar="SECONDS", min=1, help="For pods to end.")
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Also when pods stay, and when the host itself is dead.")
]


@app.command()
def add(
    hosts: HostsArgument,
    cluster: ClusterToJoin = None,
    ignore: IgnoreOption = None,
    page_size: PageSizeOption = PageSize.KEEP,
    new_machine_ids: NewIdsOption = False,
    open_firewall: FirewallOption = False,
    verify: VerifyOption = Verify.CHANGED,
    skip_unreachable: SkipOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Take hosts into a cluster; one that was flashed anew under its old name rejoins."""
    from kuberry.api import node as api
    from kuberry.api.deploy import Wanted
    from kuberry.cli.render import plan as render_plan
    from kuberry.cli.render import report as render
    from kuberry.cli.render.progress import live

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    wanted = Wanted(
        name=cluster,
        ignore=tuple(ignore or ()),
        preparation=preparation(page_size, new_ids=new_machine_ids, open_firewall=open_firewall),
        skip_unreachable=skip_unreachable,
    )
    if dry_run:
        with live(output) as emit:
            plan = run(api.plan_node_add(hosts, wanted=wanted, options=options, emit=emit))
        render_plan.show(plan, output)
        return exit_for_outcome(plan.outcome)
    with live(output) as emit:
        report = run(
            api.node_add(hosts, wanted=wanted, verify=verify.value, options=options, emit=emit)
        )
    render.show(report, output)
    return exit_for_outcome(report.outcome)


@app.command()
def remove(
    hosts: HostsArgument,
    cluster: ClusterToLeave = None,
    drain_timeout: DrainOption = 60,
    yes: YesOption = False,
    force: ForceOption = False,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Drain hosts, take them out of their cluster and bring them back to what they were."""
    from kuberry.api import node as api
    from kuberry.cli.render import report as render_report
    from kuberry.cli.render import reset as render
    from kuberry.cli.render.progress import live

    if output is Output.JSON and not yes:
        raise UsageError("JSON is for programs, and they are not asked", remedy="add --yes")
    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    leave = api.Leave(drain_s=drain_timeout, force=force)
    if not yes:
        with live(output) as emit:
            plan = run(
                api.plan_node_remove(
                    hosts, cluster=cluster, leave=leave, options=options, emit=emit
                )
            )
        render.show(plan, output)
        if plan.plan is None:
            return exit_for_outcome(plan.outcome)
        if not agreed():
            return Exit.DONE
    with live(output) as emit:
        report = run(
            api.node_remove(hosts, cluster=cluster, leave=leave, options=options, emit=emit)
        )
    render_report.show(report, output)
    return exit_for_outcome(report.outcome)
