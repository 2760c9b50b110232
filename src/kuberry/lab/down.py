"""Take hosts, or the whole lab, away again and leave nothing of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

from kuberry.errors import PreflightFailed, UsageError
from kuberry.lab import disks, locks, machine, sweep, sysctls
from kuberry.lab.inventory import read_state
from kuberry.lab.names import RUN_DIR, Names, lab_id
from kuberry.model.event import Emit, Notice
from kuberry.model.lab import LabRemoved


async def down(lab_dir: Path, emit: Emit) -> LabRemoved:
    """Remove the lab of *lab_dir*, or what is left of it, and every lab whose directory is gone.

    The last lab of the machine gives the kernel settings back that hosts have changed.

    Raises:
        HostBusy: Another process has been working on this lab for two minutes.
    """
    own = lab_id(lab_dir)
    async with locks.hold(Names(own).run_dir), locks.hold(RUN_DIR):
        lost = await sweep.clear_orphans(emit, but=own)
        hosts = _hosts(lab_dir)
        await sweep.clear(own)
        restored = sysctls.Restored()
        if not await sweep.found():
            restored = _restore(emit)
            with contextlib.suppress(OSError):  # others keep things there: it is not ours alone
                RUN_DIR.rmdir()
    disks.remove_lab_files(lab_dir)
    return LabRemoved(
        hosts=hosts,
        lost_labs=lost,
        settings_put_back=restored.back,
        settings_stuck=restored.stuck,
    )


def _hosts(lab_dir: Path) -> tuple[str, ...]:
    try:
        lab = read_state(lab_dir)
    except PreflightFailed:  # removing it is the remedy for a file that cannot be read
        return ()
    return tuple(host.name for host in lab.hosts) if lab else ()


def _restore(emit: Emit) -> sysctls.Restored:
    restored = sysctls.restore()
    for line in restored.back:
        emit(Notice(message=f"kernel setting put back: {line}"))
    for line in restored.stuck:
        emit(Notice(message=f"warning: a kernel setting could not be put back: {line}"))
    return restored


async def remove(lab_dir: Path, names: tuple[str, ...]) -> None:
    """Remove single hosts from the lab of *lab_dir*.

    Raises:
        UsageError: The lab has no host of that name.
        HostBusy: Another process has been working on this lab for two minutes.
    """
    async with locks.hold(Names(lab_id(lab_dir)).run_dir):
        lab = read_state(lab_dir)
        for name in names:
            host = lab.find(name) if lab else None
            if lab is None or host is None:
                raise UsageError(f"the lab has no host {name!r}", remedy="kuberry lab status")
            await machine.remove(lab.lab_id, name, host.number)
            disks.remove_disk(lab, name)
            left = tuple(one for one in lab.hosts if one.name != name)
            lab = lab.model_copy(update={"hosts": left})
            disks.write_state(lab)
            disks.write_known_hosts(lab)
