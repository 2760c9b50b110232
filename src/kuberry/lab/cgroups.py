"""Control groups where systemd is not PID 1: one directory per host in every hierarchy.

On cgroup v1 every controller has a hierarchy of its own; each host gets a directory in all of them
and sees it as the root. On cgroup v2 there is one hierarchy (this path is unproven: no machine with
cgroup v2 and without systemd was at hand). Where systemd is PID 1, see `kuberry.lab.scopes`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from kuberry.errors import CommandTimeout
from kuberry.lab import processes

_PERIOD_US = 100_000
_NOT_CONTROLLERS = {"rw", "ro", "xattr", "clone_children", "noprefix", "cpuset_v2_mode"}
_INHERITED = ("cpuset.cpus", "cpuset.mems")
_KILL_DEADLINE_S = 15.0


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
    for hierarchy in hierarchies():
        for directory in (hierarchy.path / parent, hierarchy.path / parent / child):
            directory.mkdir(exist_ok=True)
            _inherit(directory)
        if hierarchy.kind == "cgroup2":
            _delegate(hierarchy.path)
            _delegate(hierarchy.path / parent)


def _inherit(directory: Path) -> None:
    """Fill the cpuset, without which cgroup v1 lets no process in."""
    for name in _INHERITED:
        file = directory / name
        if file.exists() and not file.read_text().strip():
            file.write_text((directory.parent / name).read_text())


def _delegate(directory: Path) -> None:
    """Let the children of *directory* have its controllers (cgroup v2)."""
    controllers = (directory / "cgroup.controllers").read_text().split()
    for controller in controllers:
        (directory / "cgroup.subtree_control").write_text(f"+{controller}")


def limit(group: str, *, cpus: float | None, memory_bytes: int | None) -> None:
    """Limit what *group* may use; ``None`` sets no limit.

    Args:
        cpus: Processors' worth of time.
        memory_bytes: Memory, and memory and swap together.
    """
    if cpus is not None:
        quota = round(cpus * _PERIOD_US)
        _write_any(group, {"cpu.cfs_quota_us": str(quota), "cpu.max": f"{quota} {_PERIOD_US}"})
    if memory_bytes is not None:
        _write_any(
            group, {"memory.limit_in_bytes": str(memory_bytes), "memory.max": str(memory_bytes)}
        )
        with contextlib.suppress(FileNotFoundError):  # kernels without swap accounting
            swap = {"memory.memsw.limit_in_bytes": str(memory_bytes), "memory.swap.max": "0"}
            _write_any(group, swap)


def _write_any(group: str, values: dict[str, str]) -> None:
    """Write the one of *values* whose file this machine has."""
    files = [(path / name, text) for path in directories(group) for name, text in values.items()]
    present = [(file, text) for file, text in files if file.exists()]
    if not present:
        raise FileNotFoundError(" or ".join(values))
    for file, text in present:
        file.write_text(text)


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
    deadline = time.monotonic() + _KILL_DEADLINE_S
    while members := [found for pid in pids(group) if (found := processes.identify(pid))]:
        alive = [member for member in members if member.alive]
        if not alive:
            return
        if time.monotonic() > deadline:
            msg = f"processes {sorted(member.pid for member in alive)} could not be killed"
            raise CommandTimeout(msg, remedy="look at them with ps, and try again")
        for member in alive:
            member.kill()
        time.sleep(0.02)


def remove(group: str, *, keep_top: bool = False) -> None:
    """Remove *group* and everything below it; its processes are gone.

    Args:
        keep_top: Leave the directory of *group* itself.
    """
    deadline = time.monotonic() + _KILL_DEADLINE_S
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
