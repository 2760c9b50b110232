"""`kuberry hosts setup`: hosts that only have a password, prepared for login by key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kuberry.cli.exits import Exit
from kuberry.cli.login import ask
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    Output,
    OutputOption,
    TimeoutOption,
)
from kuberry.cli.render import console
from kuberry.cli.running import run
from kuberry.model.connection import ConnectOptions

if TYPE_CHECKING:
    from kuberry.model.setup import SetupReport


def setup(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help='"red,red[01-02]"')],
    user: Annotated[str | None, typer.Option("--user", help="Login name on the hosts.")] = None,
    mesh: Annotated[bool, typer.Option("--mesh", help="Let the hosts reach each other.")] = False,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="Key to install; your usual one if omitted.")
    ] = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Install your public key on hosts, prove login by it, and prove sudo.

    If you have no key in ~/.ssh, a new one is made there: id_ed25519, without a passphrase.

    Asks for the login password once, and only where no key of yours is let in yet. Where standard
    input is no terminal, each password that is needed is its next line.
    """
    from kuberry.api import setup as api
    from kuberry.model.setup import SetupWish

    options = ConnectOptions(
        host_key_policy=host_key_policy.value, connect_timeout_s=connect_timeout
    )
    key = str(public_key) if public_key else None
    needing = run(
        api.hosts_that_need_a_password(
            expression, user=user, public_key=key, options=options, emit=console.print_event
        )
    )
    password = ask(f"login password of {', '.join(needing)}") if needing else None
    if ask_sudo_password:
        options = options.model_copy(update={"sudo_password": ask("sudo password of the hosts")})
    wish = SetupWish(password=password, public_key=key, is_mesh=mesh)
    report = run(
        api.setup_hosts(expression, wish, user=user, options=options, emit=console.print_event)
    )
    _print(report, output)
    return _exit(report)


def _print(report: SetupReport, output: Output) -> None:
    if output is Output.JSON:
        console.print_json(report.model_dump(mode="json"))
    else:
        from kuberry.cli.render.hosts_setup import print_setup

        print_setup(report)


def _exit(report: SetupReport) -> Exit:
    """Return 4 when no host can be logged in to by key, 8 when something is missing on some."""
    if not report.not_ready:
        return Exit.DONE
    return Exit.PARTLY_DONE if any(row.key_login for row in report.hosts) else Exit.CONNECTION
