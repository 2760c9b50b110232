"""Which process a run belongs to, and whether it still lives."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

_PROC = Path("/proc")
_START_TIME = 22 - 3  # proc_pid_stat(5): field 22, counted behind the name and from the third field


@dataclasses.dataclass(frozen=True, slots=True)
class Process:
    """One process, told apart from later ones with the same number.

    Attributes:
        boot_id: Of the machine since it was switched on; empty where the system tells none.
        started: When the process began, in the system's own unit; empty where it tells none.
    """

    boot_id: str
    pid: int
    started: str


def this_process() -> Process:
    """Return the process we are."""
    return Process(_boot_id(), os.getpid(), _started(os.getpid()))


def is_alive(process: Process) -> bool:
    """Return whether *process* still lives; where the system cannot tell, it is believed to."""
    if process.boot_id != _boot_id():
        return False
    if process.boot_id:
        return _started(process.pid) == process.started
    return _is_there(process.pid)


def _boot_id() -> str:
    return _read(_PROC / "sys/kernel/random/boot_id")


def _started(pid: int) -> str:
    fields = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()  # a name may hold blanks
    return fields[_START_TIME] if fields else ""


def _is_there(pid: int) -> bool:
    if os.name != "posix":
        return True  # os.kill would end it there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace").strip()
    except OSError:
        return ""
