"""`kuberry queue`: a batch queue on the cluster, by Kueue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kuberry.cli.exits import Exit
from kuberry.cli.kubectl import ClusterOption
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

app = typer.Typer(help="A batch queue with quota for jobs, by Kueue.", no_args_is_help=True)

ManifestArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="MANIFEST",
        help="manifests.yaml of a release of Kueue; not needed where Kueue is there.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be applied; change nothing.")
]
WaitOption = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=1, help="For Kueue's controller."),
]


@app.command()
def install(
    manifest: ManifestArgument = None,
    dry_run: DryRunOption = False,
    timeout: WaitOption = 300.0,
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Bring Kueue and a queue for jobs; what is so already stays as it is.

    It needs Kubernetes 1.29 or newer: exit code 3 before. Exit code 6 when Kueue does not work in
    time; the same line goes on from there.
    """
    from kuberry.api import queue as api
    from kuberry.cli.render import queue as render
    from kuberry.cli.render.progress import live

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    if dry_run:
        with live(output) as emit:
            plan = run(api.plan_queue(manifest, cluster=cluster, options=options, emit=emit))
        render.show_plan(plan, output)
        return Exit.DONE
    with live(output) as emit:
        work = api.install_queue(
            manifest, cluster=cluster, timeout_s=timeout, options=options, emit=emit
        )
        report = run(work)
    render.show_report(report, output)
    return Exit.DONE


@app.command()
def status(
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show whether jobs go through a queue, its quota, what of it is used, and who waits."""
    from kuberry.api.queue import queue_status
    from kuberry.cli.render import console
    from kuberry.cli.render import queue as render

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    found = run(queue_status(cluster, options=options, emit=console.print_event))
    render.show_status(found, output)
    return Exit.DONE
