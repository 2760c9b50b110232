"""Processes of this machine, told apart even when a pid is used again. Needs /proc."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kuberry.errors import CommandTimeout

_END_DEADLINE_S = 15.0
_PAUSE_S = 0.02
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


def running(module: str, below: Path) -> tuple[ProcessId, ...]:
    """Return the processes that run Python *module* for a directory at or below *below*.

    A process that is about to run it counts too: its words are the same before exec.
    """
    found = (identify(pid) for pid in _pids() if _is_for(_words(pid), module, below))
    return tuple(process for process in found if process)


def _is_for(words: tuple[str, ...], module: str, below: Path) -> bool:
    return module in words and Path(words[-1]).is_relative_to(below)


def end(find: Callable[[], Iterable[ProcessId]]) -> None:
    """Kill what *find* finds until it finds nothing alive.

    Raises:
        CommandTimeout: Something was still alive after 15 s.
    """
    deadline = time.monotonic() + _END_DEADLINE_S
    while alive := [process for process in find() if process.alive]:
        if time.monotonic() > deadline:
            pids = sorted(process.pid for process in alive)
            msg = f"the processes {pids} of this machine could not be killed"
            raise CommandTimeout(msg, remedy="look at them with ps, and try again")
        for process in alive:
            process.kill()
        time.sleep(_PAUSE_S)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def _words(pid: int) -> tuple[str, ...]:
    try:
        text = (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ()
    return tuple(text.rstrip("\0").split("\0"))


def _parents() -> Iterator[tuple[int, int]]:
    for pid in _pids():
        fields = _stat(pid)
        if fields and fields[_STATE] != "Z":
            yield pid, int(fields[_PARENT])


def _stat(pid: int) -> tuple[str, ...]:
    """Return the fields after the name, which may itself hold blanks and parentheses."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ()
    return tuple(text.rpartition(")")[2].split())
