"""The `kuberry` program: its commands, and what becomes of errors."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import pairwise
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from kuberry.cli.away.program import away, away_group, server_for, split
from kuberry.cli.exits import Exit, exit_for
from kuberry.cli.render import console
from kuberry.cli.running import Interrupted
from kuberry.errors import KuberryError, UsageError

_GROUPS = ("hosts", "lab", "bundle", "image", "runs", "node", "job", "queue", "server")
_COMMANDS = (
    "check",
    "deploy",
    "stop",
    "reset",
    "verify",
    "status",
    "kubectl",
    "kubeconfig",
    "serve",
)
"""All commands, in the order of the help; each is a module of this package by its name."""


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print_lines((f"kuberry {version('kuberry')}",))
        raise typer.Exit


def _options(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="Have the line done there; first of all words."
        ),
    ] = None,
) -> None:
    """One line turns a list of hosts into a proven Kubernetes cluster."""


def app_for(words: Sequence[str]) -> typer.Typer:
    """Return the program with the one command that *words* begin with, else with all of them.

    To load all and to make their options ready costs as much processor time as two logins.

    Raises:
        UsageError: The environment names a server in a way that cannot be understood.
    """
    url, line = server_for(words), split(words)[1]
    app = typer.Typer(
        name="kuberry",
        help="One line turns a list of hosts into a proven Kubernetes cluster.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    every = (*_GROUPS, *_COMMANDS)
    for name in [one for one in every if one in line[:1]] or every:
        module = importlib.import_module(f"kuberry.cli.{name}")
        if name in _GROUPS:
            app.add_typer(away_group(module.app, name, url) if url else module.app, name=name)
        else:
            context = getattr(module, "CONTEXT", None)
            command = getattr(module, name)
            words_of = away(command, name, url) if url else command
            app.command(name=name, context_settings=context)(words_of)
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv* and return the exit code; nothing escapes but bugs.

    Args:
        argv: The words after the program's name; ``None`` takes them from the process.
    """
    words = tuple(sys.argv[1:] if argv is None else argv)
    try:
        app = app_for(words)
    except KuberryError as error:
        speaker(words)(error)
        return exit_for(error)
    return run_app(app, words, "kuberry")


def run_app(program: typer.Typer, words: Sequence[str], name: str) -> int:
    """Run a line of *program*, which is called *name*, and return the exit code."""
    say = speaker(words)
    try:
        result = program(args=words, standalone_mode=False, prog_name=name)
    except KuberryError as error:
        say(error)
        return exit_for(error)
    except TyperException as error:
        say(UsageError(error.format_message(), remedy=_help_for(error)))
        return Exit.USAGE
    except Interrupted as error:
        return _interrupted(Exit(128 + error.signal))
    except Abort:
        return _interrupted(Exit.INTERRUPTED)
    if result == Exit.INTERRUPTED:  # what typer makes of a KeyboardInterrupt
        return _interrupted(Exit.INTERRUPTED)
    return result if isinstance(result, int) else Exit.DONE


def speaker(words: Sequence[str]) -> Callable[[KuberryError], None]:
    """Return what tells of an error to whoever typed *words*: a person or a program."""
    return console.print_json_error if _wants_json(words) else console.print_error


def _wants_json(words: Sequence[str]) -> bool:
    """Return whether *words* ask for JSON; what a line means that typer refuses counts, too."""
    if words and words[0] == "kubectl":  # its words are kubectl's
        return False
    pairs = set(pairwise(words))
    return bool(pairs & {("-o", "json"), ("--output", "json")}) or bool(
        {"--output=json", "-ojson"} & set(words)
    )


def _help_for(error: TyperException) -> str:
    """Return the line that shows the right words of the command that was typed."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "kuberry"
    if path.startswith("cms "):  # which keeps --help for itself
        return "cms help pi"
    name = getattr(error, "option_name", None)
    if path.startswith("kuberry hosts ") and name:
        plain = str(name).lstrip("-") or "red"
        return f"{path} --help; a host name never begins with '-': {path} {plain}"
    return f"{path} --help"


def _interrupted(code: Exit) -> Exit:
    console.stderr().print("interrupted; the same line goes on where this one stopped")
    return code


if __name__ == "__main__":
    sys.exit(main())
