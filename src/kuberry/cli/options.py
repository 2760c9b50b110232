"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Output(StrEnum):
    """For whom a command writes."""

    TABLE = "table"
    JSON = "json"


class HostKeys(StrEnum):
    """What to do at the first contact with a host."""

    ACCEPT_NEW = "accept-new"
    STRICT = "strict"


HostsOption = Annotated[
    str,
    typer.Option(
        "--hosts", metavar="EXPR", help='Hosts, for example "red,red[01-02]" or "10.0.0.[1-3]".'
    ),
]
OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="A table for people, JSON for programs.")
]
HostKeysOption = Annotated[
    HostKeys,
    typer.Option("--host-key-policy", help="accept-new writes unknown keys to known_hosts."),
]
AskSudoOption = Annotated[
    bool, typer.Option("--ask-sudo-password", help="Ask once for the sudo password of the hosts.")
]
TimeoutOption = Annotated[
    float,
    typer.Option("--connect-timeout", metavar="SECONDS", min=0.1, help="Seconds for each login."),
]
