"""`kuberry status`: the hosts as they are now."""

from __future__ import annotations

from kuberry.cli.exits import Exit, exit_for_hosts
from kuberry.cli.login import connect_options
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    HostsOption,
    Output,
    OutputOption,
    TimeoutOption,
)
from kuberry.cli.render import console
from kuberry.cli.running import run


def status(
    hosts: HostsOption,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show the hosts as they are now; exit code 8 when some cannot be reached, 4 when none can."""
    from kuberry.api.status import status as look
    from kuberry.cli.render.status import print_status

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    report = run(look(hosts, options=options, emit=console.print_event))
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
    else:
        print_status(report)
    return exit_for_hosts(len(report.unreachable), len(report.hosts))
