"""`kuberry hosts find`: who is there?"""

from __future__ import annotations

from typing import Annotated

import typer

from kuberry.cli.options import Output, OutputOption
from kuberry.cli.render import console
from kuberry.cli.running import run


def find(
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=60, help="For answers.")
    ] = 5.0,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Ask every address of our own networks (at most /22).")
    ] = False,
    network: Annotated[
        str | None, typer.Option("--network", metavar="CIDR", help="Sweep this part of them.")
    ] = None,
    any_machine: Annotated[
        bool, typer.Option("--any", help="With --sweep: every SSH server, not Pis alone.")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Find Raspberry Pis and announced hosts near this machine; print what goes into --hosts."""
    from kuberry.actions.find import Search
    from kuberry.api.find import find_hosts
    from kuberry.cli.render.find import show
    from kuberry.errors import UsageError

    if (network or any_machine) and not sweep:
        raise UsageError("--network and --any go with --sweep", remedy="kuberry hosts find --help")
    search = Search(timeout_s=timeout, sweep=sweep, network=network, any_machine=any_machine)
    show(run(find_hosts(search, emit=console.print_event)), output)
