"""`kuberry status`: the hosts as they are now."""

from __future__ import annotations

import typer
from pydantic import SecretStr

from kuberry.cli.exits import Exit, exit_for_hosts
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
from kuberry.model.connection import ConnectOptions


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

    options = ConnectOptions(
        host_key_policy=host_key_policy.value,
        connect_timeout_s=connect_timeout,
        sudo_password=_ask_password() if ask_sudo_password else None,
    )
    report = run(look(hosts, options=options, emit=console.print_event))
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
    else:
        print_status(report)
    return exit_for_hosts(len(report.unreachable), len(report.hosts))


def _ask_password() -> SecretStr:
    """Ask at the terminal; standard output stays free for the result."""
    return SecretStr(typer.prompt("sudo password of the hosts", hide_input=True, err=True))
