"""From the options of a command line to how hosts are logged in to."""

from __future__ import annotations

import sys

import typer
from pydantic import SecretStr

from kuberry.cli.options import HostKeys
from kuberry.errors import UsageError
from kuberry.model.connection import ConnectOptions


def connect_options(
    host_keys: HostKeys, timeout_s: float, *, ask_sudo_password: bool
) -> ConnectOptions:
    """Return the connect options; asks for the sudo password where that is wanted."""
    return ConnectOptions(
        host_key_policy=host_keys.value,
        connect_timeout_s=timeout_s,
        sudo_password=ask("sudo password of the hosts") if ask_sudo_password else None,
    )


def ask(what: str) -> SecretStr:
    """Ask for a secret: hidden at a terminal, else one line of standard input.

    Raises:
        UsageError: Standard input has no line.
    """
    if sys.stdin.isatty():
        return SecretStr(typer.prompt(what, hide_input=True, err=True))
    line = sys.stdin.readline()
    if not line:
        raise UsageError(
            f"the {what} is needed, but standard input has no line",
            remedy="run it in a terminal, which asks, or send a line to standard input",
        )
    return SecretStr(line.rstrip("\r\n"))
