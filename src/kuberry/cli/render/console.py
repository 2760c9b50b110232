"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

from kuberry.errors import KuberryError
from kuberry.model.event import HostKeyAccepted, Notice


def stdout() -> Console:
    """Return the console for results; it wraps nothing when it is no terminal."""
    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def stderr() -> Console:
    """Return the console for notices and errors."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


def print_lines(lines: tuple[str, ...]) -> None:
    """Print *lines* as they are, one a line, for people and pipes alike."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def print_json(value: Any) -> None:
    """Print *value* as one JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_event(event: HostKeyAccepted | Notice) -> None:
    """Tell the user of *event*."""
    match event:
        case HostKeyAccepted():
            text = f"first contact, {event.algorithm} key {event.fingerprint} is now known"
            text = f"{text} ({event.known_hosts_file})"
        case Notice():
            text = event.message
    prefix = f"{event.host}: " if event.host else ""
    stderr().print(f"[dim]{escape(prefix + text)}[/dim]")


def print_error(error: KuberryError) -> None:
    """Tell the user what went wrong, where, and what to do next."""
    where = f"{error.host}: " if error.host else ""
    console = stderr()
    console.print(f"[bold red]error[/bold red] {escape(where + error.message)}")
    if error.remedy:
        console.print(f"  → {escape(error.remedy)}")
