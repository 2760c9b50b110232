"""Processes of this machine, told apart even when a pid is used again. Needs /proc."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_STATE, _PARENT, _START = 0, 1, 19  # fields of proc(5) stat, counted after the name


@dataclasses.dataclass(frozen=True, slots=True)
class ProcessId:
    """A process: its pid and when it started, in clock ticks since the machine's boot."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Return whether it still runs; a zombie does not."""
        fields = _stat(self.pid)
        return bool(fields) and fields[_STATE] != "Z" and int(fields[_START]) == self.started

    def kill(self, number: signal.Signals | int = signal.SIGKILL) -> None:
        """Send it signal *number* if it still runs."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def __str__(self) -> str:
        return f"{self.pid} {self.started}"


def identify(pid: int) -> ProcessId | None:
    """Return the process that has *pid* now, if there is one."""
    fields = _stat(pid)
    return ProcessId(pid, int(fields[_START])) if fields else None


def parse(text: str) -> ProcessId | None:
    """Return the process that ``str`` of it described; ``None`` for anything else."""
    words = text.split()
    if len(words) != 2 or not all(word.isdecimal() for word in words):  # noqa: PLR2004
        return None
    return ProcessId(int(words[0]), int(words[1]))


def children(pid: int) -> tuple[int, ...]:
    """Return the pids of the living children of *pid*."""
    return tuple(child for child, parent in _parents() if parent == pid)


def _parents() -> Iterator[tuple[int, int]]:
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            fields = _stat(int(entry.name))
            if fields and fields[_STATE] != "Z":
                yield int(entry.name), int(fields[_PARENT])


def _stat(pid: int) -> tuple[str, ...]:
    """Return the fields after the name, which may itself hold blanks and parentheses."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ()
    return tuple(text.rpartition(")")[2].split())
