"""`cms pi temp|free|load|led`: one short look at hosts; no answer is no number."""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli.exits import Exit, exit_for_hosts
from kuberry.cli.login import connect_options
from kuberry.cli.options import HostKeys, HostKeysOption, Output, OutputOption, TimeoutOption
from kuberry.cli.render import console
from kuberry.cli.running import run

_ANSWER_S = 15.0
"""Seconds for an answer after a login, before a host counts as lost."""

HostsArgument = Annotated[
    str, typer.Argument(metavar="HOSTS", help='"red,red[01-02]" or "10.0.0.[1-3]".')
]
app = typer.Typer(name="pi", no_args_is_help=True, add_completion=False)


@app.command()
def temp(
    hosts: HostsArgument,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show how warm hosts are, and what their firmware complains of."""
    return _look("temp", hosts, output, host_key_policy, connect_timeout)


@app.command()
def free(
    hosts: HostsArgument,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show how much memory of hosts is free."""
    return _look("free", hosts, output, host_key_policy, connect_timeout)


@app.command()
def load(
    hosts: HostsArgument,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show how busy hosts are."""
    return _look("load", hosts, output, host_key_policy, connect_timeout)


@app.command()
def led(
    hosts: HostsArgument,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show the two LEDs of Raspberry Pis, and what switches them."""
    return _look("led", hosts, output, host_key_policy, connect_timeout)


def _look(
    subject: str, hosts: str, output: Output, host_keys: HostKeys, connect_timeout_s: float
) -> Exit:
    from kuberry.api.watch import watch
    from kuberry.cli.render.sensors import show
    from kuberry.model.pulse import Pace, WatchReport

    reports: list[WatchReport] = []
    once = Pace(interval_s=connect_timeout_s + _ANSWER_S, reports=1)
    options = connect_options(host_keys, connect_timeout_s, ask_sudo_password=False)
    run(watch(hosts, reports.append, pace=once, options=options, emit=console.print_event))
    show(reports[0], subject, output)
    lost = [row for row in reports[0].hosts if row.pulse is None]
    return exit_for_hosts(len(lost), len(reports[0].hosts))
