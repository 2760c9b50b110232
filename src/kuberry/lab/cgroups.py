"""Control groups where systemd is not PID 1: one directory per host in every hierarchy.

On cgroup v1 every controller has a hierarchy of its own; each host gets a directory in all of them
and sees it as the root. On cgroup v2 there is one hierarchy: hosts were seen to boot on it, but no
machine with controllers on v2 and without systemd was at hand, so the limits are unproven there.
Where systemd is PID 1, see `kuberry.lab.scopes`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from kuberry.errors import LabUnavailable
from kuberry.lab import processes

_PERIOD_US = 100_000
_NOT_CONTROLLERS = {"rw", "ro", "xattr", "clone_children", "noprefix", "cpuset_v2_mode"}
_INHERITED = ("cpuset.cpus", "cpuset.mems")
_REMOVE_DEADLINE_S = 15.0


@dataclasses.dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted hierarchy of control groups.

    Attributes:
        kind: ``cgroup`` (v1) or ``cgroup2``, as mount(8) takes it.
        options: What selects the hierarchy in a new mount of it.
    """

    path: Path
    kind: str
    options: str


def hierarchies(mountinfo: str | None = None) -> tuple[Hierarchy, ...]:
    """Return the hierarchies mounted under /sys/fs/cgroup.

    Args:
        mountinfo: Text as proc(5) describes it; ``None`` reads this process's.
    """
    text = Path("/proc/self/mountinfo").read_text() if mountinfo is None else mountinfo
    found = (_hierarchy(line.split()) for line in text.splitlines())
    return tuple({one.path: one for one in found if one}.values())


def _hierarchy(fields: list[str]) -> Hierarchy | None:
    kind, options = fields[fields.index("-") + 1], fields[-1]
    path = Path(fields[4])
    if kind not in ("cgroup", "cgroup2") or not path.is_relative_to("/sys/fs/cgroup"):
        return None
    if kind == "cgroup2":
        return Hierarchy(path, kind, "rw")
    words = [word for word in options.split(",") if word not in _NOT_CONTROLLERS]
    words = [word for word in words if not word.startswith("release_agent=")]
    named = any(word.startswith("name=") for word in words)
    return Hierarchy(path, kind, ",".join(["none", *words] if named else words))


def directories(group: str) -> tuple[Path, ...]:
    """Return where control group *group* is, or would be, in each hierarchy."""
    return tuple(one.path / group for one in hierarchies())


def create(parent: str, child: str) -> None:
    """Make control group *child* in *parent*, and *parent* where missing, in every hierarchy."""
    found = hierarchies()
    for hierarchy in found:
        for directory in (hierarchy.path / parent, hierarchy.path / parent / child):
            directory.mkdir(exist_ok=True)
            if hierarchy.kind == "cgroup":
                _inherit(directory)
    if len(found) == 1 and found[0].kind == "cgroup2":
        _delegate(found[0].path)
        _delegate(found[0].path / parent)


def _inherit(directory: Path) -> None:
    """Fill the cpuset, without which cgroup v1 lets no process in."""
    for name in _INHERITED:
        file = directory / name
        if file.exists() and not file.read_text().strip():
            file.write_text((directory.parent / name).read_text())


def _delegate(directory: Path) -> None:
    """Let the children of *directory* have its controllers (cgroup v2).

    A group that holds processes cannot do so (the kernel says busy): then there are no limits.
    """
    controllers = (directory / "cgroup.controllers").read_text().split()
    for controller in controllers:
        with contextlib.suppress(OSError):
            (directory / "cgroup.subtree_control").write_text(f"+{controller}")


def limit(group: str, *, cpus: float | None, memory_bytes: int | None) -> None:
    """Limit what *group* may use; ``None`` sets no limit.

    Args:
        cpus: Processors' worth of time.
        memory_bytes: Memory, and memory and swap together.

    Raises:
        LabUnavailable: The kernel of this machine has no such limit.
    """
    if cpus is not None:
        quota = round(cpus * _PERIOD_US)
        values = {"cpu.cfs_quota_us": str(quota), "cpu.max": f"{quota} {_PERIOD_US}"}
        _require("processor time", _write_present(group, values))
    if memory_bytes is not None:
        size = str(memory_bytes)
        values = {"memory.limit_in_bytes": size, "memory.max": size}
        _require("memory", _write_present(group, values))
        # Missing where the kernel does not account for swap; then there is none to be limited.
        _write_present(group, {"memory.memsw.limit_in_bytes": size, "memory.swap.max": "0"})


def _write_present(group: str, values: dict[str, str]) -> bool:
    """Write those of *values* whose file this machine has; return whether there was one."""
    files = [(path / name, text) for path in directories(group) for name, text in values.items()]
    present = [(file, text) for file, text in files if file.exists()]
    for file, text in present:
        file.write_text(text)
    return bool(present)


def _require(what: str, done: bool) -> None:  # noqa: FBT001 -- said of what, read as a sentence
    if not done:
        msg = f"the control groups of this machine cannot limit {what}"
        remedy = "leave the limit out, or switch the controller on (kernel command line)"
        raise LabUnavailable(msg, remedy=remedy)


def pids(group: str) -> frozenset[int]:
    """Return the processes in *group* and below, in any hierarchy."""
    return frozenset(pid for top in directories(group) for path in _tree(top) for pid in _in(path))


def _tree(top: Path) -> Iterator[Path]:
    """Yield the directories below *top* and then *top*; they may vanish meanwhile."""
    try:
        below = [path for path in top.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return
    for path in below:
        yield from _tree(path)
    yield top


def _in(directory: Path) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError, OSError):
        yield from map(int, (directory / "cgroup.procs").read_text().split())


def kill(group: str) -> None:
    """Kill every process in *group* and below.

    Raises:
        CommandTimeout: Processes were still there after 15 s.
    """
    processes.end(lambda: filter(None, map(processes.identify, pids(group))))


def remove(group: str, *, keep_top: bool = False) -> None:
    """Remove *group* and everything below it; its processes are gone.

    Args:
        keep_top: Leave the directory of *group* itself.
    """
    deadline = time.monotonic() + _REMOVE_DEADLINE_S
    for top in directories(group):
        for path in _tree(top):
            if not (keep_top and path == top):
                _remove(path, deadline)


def _remove(directory: Path, deadline: float) -> None:
    """Remove *directory*; the kernel says busy until it has forgotten the last process."""
    while True:
        try:
            directory.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
