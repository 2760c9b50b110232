"""Commands whose words are as ever, and which a server does: ``kuberry --server URL deploy``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import typer

from kuberry.errors import UsageError

_HERE = ("hosts", "lab", "bundle", "serve", "server")
"""What is about this machine whatever ``KUBERRY_SERVER`` says."""
_WORD = "--server"
Command = Callable[..., Any]


def split(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """Return the server that *words* begin with, and the line behind it."""
    if words[:1] == (_WORD,):
        return "".join(words[1:2]), words[2:]
    if words and words[0].startswith(f"{_WORD}="):
        return words[0].removeprefix(f"{_WORD}="), words[1:]
    return None, words


def server_for(words: Sequence[str]) -> str | None:
    """Return the server that is to do the line *words*; ``None`` where it is done here.

    Raises:
        UsageError: The environment cannot be understood.
    """
    said, line = split(words)
    if said is not None or not line or line[0].startswith("-") or line[0] in _HERE:
        return said
    from kuberry.settings import Settings

    return Settings().server


def away(command: Command, name: str, url: str) -> Command:
    """Return *command*, called *name*, with the same words, done by the server at *url*."""
    from kuberry.cli.away.doing import asking
    from kuberry.cli.away.wishes import COMMANDS, refuse_own

    known = inspect.signature(command).parameters
    doer = COMMANDS.get(name)

    @functools.wraps(command)
    def ask(**said: Any) -> int:
        if doer is None:
            raise UsageError(
                f"`kuberry {name}` is of this machine: a server does not do it",
                remedy="leave --server and KUBERRY_SERVER out",
            )
        refuse_own(name, said, known)
        with asking(url) as server:
            return doer(server, said)

    return ask


def away_group(app: typer.Typer, name: str, url: str) -> typer.Typer:
    """Return the group *app*, called *name*, with the same words, done by the server at *url*."""
    group = typer.Typer(help=app.info.help, no_args_is_help=True)
    for one in app.registered_commands:
        if one.callback is not None:
            word = one.name or one.callback.__name__.replace("_", "-")
            command = away(one.callback, f"{name} {word}", url)
            group.command(name=word, context_settings=one.context_settings)(command)
    for inner in app.registered_groups:
        if inner.typer_instance is not None:
            word = str(inner.name)
            group.add_typer(away_group(inner.typer_instance, f"{name} {word}", url), name=word)
    return group
