"""`kuberry kubeconfig`: a cluster in the user's kubeconfig, or out of it."""

from __future__ import annotations

from typing import Annotated

import typer

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

UseOption = Annotated[
    bool, typer.Option("--use", help="Make it the context that kubectl takes by default.")
]
RemoveOption = Annotated[
    str | None, typer.Option("--remove", metavar="NAME", help="Take this cluster out again.")
]


def kubeconfig(
    cluster: ClusterOption = None,
    use: UseOption = False,
    remove: RemoveOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> None:
    """Let kubectl on this machine find the cluster; other clusters in the file stay untouched."""
    from kuberry.api import kubeconfig as api
    from kuberry.cli.render import console
    from kuberry.cli.render import kubeconfig as render

    if remove is not None:
        render.show(api.forget_kubeconfig(remove), output)
        return
    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    report = run(api.kubeconfig(cluster, use=use, options=options, emit=console.print_event))
    render.show(report, output)
