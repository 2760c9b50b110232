"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

from kuberry.errors import KuberryError
from kuberry.model.event import (
    AnyEvent,
    DownloadProgress,
    HostKeyAccepted,
    Notice,
    Phase,
    RunEnded,
    StepFailed,
)

_MIB = 1 << 20
_WORTH_A_LINE_BYTES = 64 << 10  # images have small parts of which nobody wants to hear


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


def printable(text: str) -> str:
    """Return *text* without what could steer a terminal: hosts may say anything."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def print_event(event: AnyEvent) -> None:
    """Tell the user of *event*; of steps only what went wrong (see `progress` for more)."""
    text = sentence(event)
    if text:
        prefix = f"{host}: " if (host := getattr(event, "host", None)) else ""
        stderr().print(f"[dim]{escape(printable(prefix + text))}[/dim]")


def sentence(event: AnyEvent) -> str:
    """Return what *event* says to a person who reads lines; nothing where it is not worth one."""
    match event:
        case HostKeyAccepted():
            known = f"{event.algorithm} key {event.fingerprint} is now known"
            return f"first contact, {known} ({event.known_hosts_file})"
        case Notice() | Phase():
            return event.message
        case StepFailed():
            return f"{event.title}: {event.message}"
        case DownloadProgress() if event.bytes_total == event.bytes_done >= _WORTH_A_LINE_BYTES:
            return f"{event.file} is here ({event.bytes_done / _MIB:.1f} MiB)"
        case RunEnded():
            return f"report: {event.page}" if event.page else ""
        case _:
            return ""


def print_error(error: KuberryError) -> None:
    """Tell the user what went wrong, where, and what to do next."""
    print_host_failure(error.host, error.message, error.remedy)


def print_json_error(error: KuberryError) -> None:
    """Tell a program the same: one line of JSON on standard error, where events are, too."""
    known = {"code": error.code, "host": error.host}
    words = {"message": error.message, "remedy": error.remedy}
    sys.stderr.write(json.dumps({"error": known | words}, ensure_ascii=False) + "\n")


def print_host_failure(host: str | None, message: str, remedy: str) -> None:
    """Tell the user what went wrong on *host*, and what to do next."""
    where = f"{host}: " if host else ""
    stderr().print(f"[bold red]error[/bold red] {escape(_harmless(where + message))}")
    if remedy:
        stderr().print(f"  → {escape(_harmless(remedy))}")


def _harmless(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
