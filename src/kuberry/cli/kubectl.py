"""`kuberry kubectl`: kubectl where there is none."""

from __future__ import annotations

import sys
from typing import Annotated, BinaryIO

import typer

from kuberry.cli import standard_input
from kuberry.cli.login import connect_options
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    TimeoutOption,
)
from kuberry.cli.running import run

CONTEXT = {"allow_interspersed_args": False, "ignore_unknown_options": True}
"""Our options come first; all else is kubectl's."""
WordsArgument = Annotated[
    list[str], typer.Argument(metavar="WORDS...", help="As kubectl takes them: get nodes -o wide")
]
ClusterOption = Annotated[
    str | None, typer.Option("--cluster", metavar="NAME", help="Default: the last one used.")
]


def kubectl(
    words: WordsArgument,
    cluster: ClusterOption = None,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Run kubectl on the control plane, through SSH: it fits the cluster and need not be here.

    Its exit code is ours. `-f FILE` and `-f -` send files of this machine; `-k`, `--from-file`,
    `cp`, `edit`, `port-forward`, `proxy` and `config` are refused with another way; `-t` has no
    effect, because there is no terminal over there.
    """
    from kuberry.api import kubectl as api
    from kuberry.cli.render import console

    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    streams = api.Streams(
        stdin=standard_input.pieces,
        out=lambda piece: write(sys.stdout.buffer, piece),
        err=lambda piece: write(sys.stderr.buffer, piece),
    )
    return run(
        api.kubectl(
            words,
            cluster,
            streams=streams,
            options=options,
            emit=console.print_event,
        )
    )


def write(stream: BinaryIO, piece: bytes) -> None:
    """Write *piece* at once."""
    stream.write(piece)
    stream.flush()
