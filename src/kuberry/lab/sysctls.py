"""Kernel settings without a namespace: the first lab saves them, the last lab puts them back."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

from kuberry.lab.names import RUN_DIR

_PROC_SYS = Path("/proc/sys")
# Every host can write these: a kubelet sets kernel.panic, kernel.panic_on_oops,
# vm.overcommit_memory and kernel.keys.*; systemd sets fs.file-max; any sysctl.d file sets more.
# Most of net/ belongs to the host's own network namespace; the one below does not on old kernels.
_ROOMS = ("fs", "kernel", "vm")
_ALSO = ("net/netfilter/nf_conntrack_max",)
_LEFT_ALONE = (
    # Every host has its own.
    *("kernel/hostname", "kernel/domainname", "kernel/ns_last_pid", "kernel/random/"),
    *("kernel/sem", "kernel/msg", "kernel/shm", "fs/binfmt_misc/", "fs/mqueue/"),
    # The kernel changes them by itself.
    *("kernel/tainted", "kernel/hung_task_warnings", "kernel/perf_event_max_sample_rate"),
)
"""Beginnings of paths."""
_INOTIFY_INSTANCES = 8192


def snapshot(root: Path = _PROC_SYS) -> dict[str, str]:
    """Return every global setting that can be written, by its path below /proc/sys."""
    paths = (path for path in _paths(root) if not path.startswith(_LEFT_ALONE))
    return {path: text for path in paths if (text := _read(root / path)) is not None}


def _paths(root: Path) -> Iterator[str]:
    for room in _ROOMS:
        for directory, _, files in os.walk(root / room):
            yield from (str((Path(directory) / file).relative_to(root)) for file in files)
    yield from _ALSO


def _read(file: Path) -> str | None:
    """Return the value in *file*; ``None`` if it is missing, read-only or write-only."""
    try:
        mode = file.stat().st_mode
        return file.read_text().strip() if mode & 0o200 and mode & 0o044 else None
    except (OSError, UnicodeDecodeError):
        return None


def save(file: Path = RUN_DIR / "sysctls.json", root: Path = _PROC_SYS) -> None:
    """Write the settings of now to *file*, unless an earlier lab has done so."""
    if not file.exists():
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(snapshot(root)))
        fresh.rename(file)


def make_room(root: Path = _PROC_SYS) -> None:
    """Raise what a dozen systemds at once would exhaust; `restore` puts it back.

    Each of them takes about ten inotify instances, and the kernel grants a user 128 (inotify(7)).
    """
    file = root / "fs/inotify/max_user_instances"
    before = _read(file)
    if before is not None and int(before) < _INOTIFY_INSTANCES:
        file.write_text(str(_INOTIFY_INSTANCES))


@dataclasses.dataclass(frozen=True, slots=True)
class Restored:
    """What became of the settings that hosts had changed, one line for each.

    Attributes:
        back: With the value that the hosts left, and the one that is back.
        stuck: With the value that is still there, and the one that should be.
    """

    back: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


def restore(file: Path = RUN_DIR / "sysctls.json", root: Path = _PROC_SYS) -> Restored:
    """Put the settings saved in *file* back and remove it; say what reading them again shows."""
    if not file.exists():
        return Restored()
    saved: dict[str, str] = json.loads(file.read_text())
    now = snapshot(root)
    changed = {path: text for path, text in sorted(saved.items()) if now.get(path, text) != text}
    for path, text in changed.items():
        with contextlib.suppress(OSError):  # some take only values that this kernel can no longer
            (root / path).write_text(text)
    file.unlink()
    stuck = {path: there for path in changed if (there := _read(root / path)) != changed[path]}
    return Restored(
        back=tuple(
            f"{_name(path)}: {now[path]} → {text}"
            for path, text in changed.items()
            if path not in stuck
        ),
        stuck=tuple(
            f"{_name(path)} is {there}, and was {changed[path]} before the first lab"
            for path, there in stuck.items()
        ),
    )


def _name(path: str) -> str:
    return path.replace("/", ".")
