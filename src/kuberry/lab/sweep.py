"""Find and remove what labs left on this machine, by record and by name."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

from kuberry.errors import HostBusy, PreflightFailed
from kuberry.lab import cgroups, locks, machine, network, scopes
from kuberry.lab.inventory import read_state
from kuberry.lab.names import RUN_DIR, Names, id_in
from kuberry.lab.program import run, succeeds
from kuberry.model.event import Emit, Notice
from kuberry.model.value import Value

_NO_WAIT_S = 0.01
_RECORD, _WHOLE = "lab.json", "network-is-whole"


class LabRecord(Value):
    """What the machine-wide record says of a lab, should the lab's directory vanish."""

    lab_id: str
    lab_dir: Path


def record(lab_id: str, lab_dir: Path) -> None:
    """Write down, before anything is made, that lab *lab_id* belongs to *lab_dir*."""
    directory = Names(lab_id).run_dir
    directory.mkdir(parents=True, exist_ok=True)
    text = LabRecord(lab_id=lab_id, lab_dir=lab_dir).model_dump_json()
    fresh = directory / f"{_RECORD}.new"  # whole or not at all: half a record is nobody's to judge
    fresh.write_text(text)
    fresh.rename(directory / _RECORD)


def declare_whole(lab_id: str) -> None:
    """Write down that the network of lab *lab_id* was made to its end."""
    (Names(lab_id).run_dir / _WHOLE).touch()


def is_whole(lab_id: str) -> bool:
    """Return whether the network of lab *lab_id* was made to its end."""
    return (Names(lab_id).run_dir / _WHOLE).exists()


async def found() -> frozenset[str]:
    """Return the ids of all labs of which anything is on this machine."""
    groups = (path.name for one in cgroups.hierarchies() for path in one.path.iterdir())
    ids = {id_in(name) for name in (*await network.links(), *await network.tables(), *groups)}
    records = RUN_DIR.iterdir() if RUN_DIR.is_dir() else ()
    ids |= {path.name for path in records if re.fullmatch(r"[0-9a-f]{6}", path.name)}
    return frozenset(one for one in ids if one)


async def clear_orphans(emit: Emit, *, but: str) -> tuple[str, ...]:
    """Remove all labs whose directory is gone; the caller holds the machine-wide lock.

    Args:
        but: The id of the caller's own lab.

    Returns:
        The ids of the labs that were removed.
    """
    removed: list[str] = []
    for lab_id in sorted(await found() - {but}):
        # Whoever holds the lock is at work on that lab, which may have no memory yet.
        with contextlib.suppress(HostBusy):
            async with locks.hold(Names(lab_id).run_dir, deadline_s=_NO_WAIT_S):
                if is_orphan(lab_id, emit):
                    emit(Notice(message=f"removing what is left of the lost lab {lab_id}"))
                    await clear(lab_id)
                    removed.append(lab_id)
    return tuple(removed)


def is_orphan(lab_id: str, emit: Emit, run_dir: Path | None = None) -> bool:
    """Return whether nobody's directory remembers lab *lab_id*; a file that is there counts.

    Args:
        emit: Is told of a lab that is left alone because its files cannot be understood.
        run_dir: Where its record is; ``None`` is the place of all labs' records.
    """
    file = (run_dir or Names(lab_id).run_dir) / _RECORD
    try:
        known = LabRecord.model_validate_json(file.read_bytes())
        state = read_state(known.lab_dir)
    except FileNotFoundError:
        return True
    except (OSError, ValueError, PreflightFailed) as error:
        # Another user's, or another version's: not ours to judge.
        reason = error.message if isinstance(error, PreflightFailed) else f"cannot read {file}"
        emit(Notice(message=f"the lab {lab_id} is left alone: {reason}"))
        return False
    return state is None or state.lab_id != lab_id


async def clear(lab_id: str, *, keep_record: bool = False) -> None:
    """End lab *lab_id* and remove all of it but its disks, whatever is there of it.

    Args:
        keep_record: Leave the directory itself, on which the caller holds a lock it goes on using.
    """
    names = Names(lab_id)
    await _end_processes(names)
    cgroups.remove(names.cgroup)
    for mount in _mounts_below(names.run_dir):
        await run("umount", str(mount))
    await _delete_network(names)
    for path in names.run_dir.iterdir() if names.run_dir.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not keep_record:
        with contextlib.suppress(FileNotFoundError):
            names.run_dir.rmdir()


async def _end_processes(names: Names) -> None:
    machine.end_supervisors(names.run_dir)
    if scopes.systemd_is_init():
        await scopes.stop(names.cgroup)
    cgroups.kill(names.cgroup)


async def _delete_network(names: Names) -> None:
    for link in await network.links():
        # The outer end of a pair goes with its inner end, whose namespace has just ended.
        if id_in(link) == names.lab_id and link in await network.links():
            await succeeds("ip", "link", "delete", link)
    if names.table in await network.tables():
        await run("nft", "delete", "table", "inet", names.table)


def _mounts_below(directory: Path) -> tuple[Path, ...]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = (Path(line.split()[4]) for line in lines)
    return tuple(mount for mount in mounts if mount.is_relative_to(directory))
