"""`kuberry verify`: the cluster proves itself."""

from __future__ import annotations

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


def verify(
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Have the running cluster prove itself, and leave nothing behind; exit code 6 when it fails.

    What fails is a root cause, with its host and what to do; what follows from it is skipped.
    """
    from kuberry.api.verify import verify as ask
    from kuberry.cli.render import console
    from kuberry.cli.render import verify as render

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    results = run(ask(cluster, options=options, emit=console.print_event))
    render.show(results, output)
    return Exit.VERIFY if render.failed(results) else Exit.DONE
