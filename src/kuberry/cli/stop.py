"""`kuberry stop`: the end of the day."""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli.exits import exit_for_outcome
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

ClusterOption = Annotated[
    str | None, typer.Option("--cluster", metavar="NAME", help="Default: the last one used.")
]
DrainOption = Annotated[
    int,
    typer.Option(
        "--drain-timeout", metavar="SECONDS", min=0, help="For pods to end; 0 does not ask them."
    ),
]


def stop(
    cluster: ClusterOption = None,
    drain_timeout: DrainOption = 60,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Switch the cluster's hosts off, workers first; power alone brings the cluster back."""
    from kuberry.api.stop import stop as switch_off
    from kuberry.cli.render import report as render
    from kuberry.cli.render.progress import live

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    with live(output) as emit:
        report = run(switch_off(cluster, drain_s=drain_timeout, options=options, emit=emit))
    render.show(report, output)
    return exit_for_outcome(report.outcome)
