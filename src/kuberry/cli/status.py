"""`kuberry status`: the hosts as they are now, once or again and again."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

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
from kuberry.cli.running import Interrupted, run
from kuberry.errors import UsageError
from kuberry.model.connection import ConnectOptions

WatchOption = Annotated[
    bool, typer.Option("--watch", help="Show heat, power, load and links until Ctrl-C.")
]
IntervalOption = Annotated[
    float | None, typer.Option("--interval", metavar="SECONDS", help="Between two looks: 2.")
]
CountOption = Annotated[
    int | None, typer.Option("--count", min=1, help="End after so many looks; with --watch.")
]


def status(
    hosts: HostsOption,
    watch: WatchOption = False,
    interval: IntervalOption = None,
    count: CountOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show the hosts as they are now; exit code 8 when some cannot be reached, 4 when none can."""
    from kuberry.api.status import status as look
    from kuberry.cli.render.status import print_status

    if not watch and (interval is not None or count is not None):
        raise UsageError("--interval and --count go with --watch", remedy="kuberry status --help")
    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    if watch:
        return _watch(hosts, options, 2.0 if interval is None else interval, count, output)
    report = run(look(hosts, options=options, emit=console.print_event))
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
    else:
        print_status(report)
    return exit_for_hosts(len(report.unreachable), len(report.hosts))


def _watch(
    hosts: str, options: ConnectOptions, interval_s: float, count: int | None, output: Output
) -> Exit:
    """Show them until Ctrl-C, which is how this is meant to end: exit code 0."""
    from kuberry.api.watch import watch
    from kuberry.cli.render.watch import watching
    from kuberry.model.pulse import Pace

    pace = Pace(interval_s=interval_s, reports=count)
    try:
        with watching(output) as show:
            run(watch(hosts, show, pace=pace, options=options, emit=console.print_event))
    except Interrupted as error:
        if error.signal != signal.SIGINT:
            raise
    return Exit.DONE
