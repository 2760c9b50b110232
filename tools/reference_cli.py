"""docs/cli.md from the program: every command with its words, as `--help` has them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

import typer

from kuberry.cli.main import app_for

_HEAD = """\
# Commands

<!-- written by tools/reference.py -->

`kuberry COMMAND --help` says the same on a terminal, and `kuberry --version` prints the version.
[Exit codes](codes.md#exit-codes) are the same for all commands; so are these options, wherever they stand below:

| option | |
|---|---|
"""
_TAIL = """
## Completion

`kuberry --install-completion` has your shell (bash, zsh, fish, PowerShell) complete commands and options from its next start on; `kuberry --show-completion` prints what it would write.

## As a man page

`make docs` writes this page as `site/kuberry.1`; `man ./site/kuberry.1` shows it.
"""
_SHARED = ("output", "host_key_policy", "ask_sudo_password", "connect_timeout")


def commands_page() -> str:
    """Return docs/cli.md."""
    every = list(commands())
    shared = {one.name: one for _, command in every for one in command.params}
    parts = [_HEAD, *(_row(shared[name]) for name in _SHARED)]
    for words, command in every:
        own = [one for one in command.params if one.name not in _SHARED]
        names = [f"`{one.opts[0]}`" for one in command.params if one.name in _SHARED]
        parts += [f"\n## kuberry {words}\n\n", f"    {usage(words, command)}\n\n"]
        parts.append(f"{_prose(command.help or '')}\n")
        if own:
            parts += ["\n| word | |\n|---|---|\n", *map(_row, own)]
        parts += [f"\nAlso {', '.join(names)}.\n"] if names else []
    return "".join([*parts, _TAIL])


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its words behind ``kuberry``, in the order of the help."""
    yield from _below("", typer.main.get_command(app_for(())))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, one in command.commands.items():
        yield from _below(f"{words} {name}".strip(), one)


def usage(words: str, command: Any) -> str:
    """Return the line of a command with its arguments and what it cannot do without."""
    required = [f"{one.opts[0]} {_value(one)}" for one in command.params if _is_needed(one)]
    free = any(_is_option(one) and not one.required for one in command.params)
    some = ["[OPTIONS]"] if free else []
    arguments = [_argument(one) for one in command.params if not _is_option(one)]
    return " ".join(["kuberry", words, *required, *some, *arguments])


def _is_option(one: Any) -> bool:
    return bool(one.param_type_name == "option")


def _is_needed(one: Any) -> bool:
    return _is_option(one) and bool(one.required)


def _argument(one: Any) -> str:
    return _value(one) if one.required else f"[{_value(one)}]"


def _row(one: Any) -> str:
    if _is_option(one):
        names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
        value = f" *{_value(one)}*" if _value(one) else ""
    else:
        names, value = f"`{_value(one)}`", ""
    return f"| {names}{value} | {_cell(one.help or '')}{_default(one)} |\n"


def _value(one: Any) -> str:
    if one.metavar:
        return str(one.metavar)
    if _is_option(one) and one.is_flag:
        return ""
    return "\\|".join(_choices(one)) or one.name.upper()


def _choices(one: Any) -> list[str]:
    kinds = [one.type_descriptor.annotation, *get_args(one.type_descriptor.annotation)]
    for kind in kinds:
        if inspect.isclass(kind) and issubclass(kind, Enum):
            return [str(each.value) for each in kind]
        if get_origin(kind) is not None and all(isinstance(each, str) for each in get_args(kind)):
            return list(get_args(kind))
    return []


def _default(one: Any) -> str:
    default = one.default.value if isinstance(one.default, Enum) else one.default
    if default in (None, "", (), []) or isinstance(default, bool) or callable(default):
        return ""
    return "" if "efault" in (one.help or "") else f" Default: `{default}`."


def _prose(text: str) -> str:
    return inspect.cleandoc(text).replace("\f", "").replace("\b", "").strip()


def _cell(text: str) -> str:
    return " ".join(_prose(text).split()).replace("|", "\\|").replace("*", "\\*")
