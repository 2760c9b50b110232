"""One running host: started, looked at and removed from this machine."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from kuberry.lab import cgroups, disks, launch, network, processes, scopes, supervisor
from kuberry.lab.names import Names
from kuberry.lab.processes import ProcessId
from kuberry.lab.program import detach, run, succeeds
from kuberry.model.lab import LabHost, LabPower, LabState


def supervisor_of(lab: LabState, name: str) -> ProcessId | None:
    """Return the living process that supervises host *name*."""
    try:
        text = (Names(lab.lab_id).host_dir(name) / supervisor.PROCESS).read_text()
    except FileNotFoundError:
        return None
    process = processes.parse(text)
    return process if process and process.alive else None


def power(lab: LabState, name: str) -> LabPower:
    """Return whether host *name* runs, is off, or ended in another way."""
    if supervisor_of(lab, name):
        return "on"
    file = Names(lab.lab_id).host_dir(name) / supervisor.STATE
    state = file.read_text() if file.exists() else supervisor.OFF
    return "off" if state == supervisor.OFF else "failed"


def init_of(lab: LabState, name: str) -> int | None:
    """Return the pid, on this machine, of PID 1 of the running host *name*."""
    process = supervisor_of(lab, name)
    chain = processes.children(process.pid) if process else ()
    nspawns = [child for pid in chain for child in processes.children(pid)]
    inits = [pid for nspawn in nspawns for pid in processes.children(nspawn)]
    return next((pid for pid in inits if _is_init(pid)), None)


def _is_init(pid: int) -> bool:
    """Return whether *pid* is PID 1 of its innermost namespace (NSpid of proc(5))."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    line = next((line for line in status.splitlines() if line.startswith("NSpid:")), "")
    return line.split()[-1:] == ["1"]


def boot_id(lab: LabState, name: str) -> str | None:
    """Return the boot id of host *name*; ``None`` when it is off, booting, or we are not root."""
    pid = init_of(lab, name)
    if pid is None:
        return None
    try:
        return Path(f"/proc/{pid}/root/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


async def start(lab: LabState, host: LabHost) -> None:
    """Boot *host*, whose disk is there and of which nothing runs; return before it is up."""
    names = Names(lab.lab_id)
    directory = names.host_dir(host.name)
    directory.mkdir(parents=True, exist_ok=True)
    await network.create_namespace(lab, host)
    refresh_hosts_file(lab, host)
    (directory / supervisor.SPEC).write_text(_spec(lab, host).to_json())
    program = (sys.executable, "-m", supervisor.__name__, str(directory))
    await detach(*program, log=disks.disk(lab, host.name) / supervisor.CONSOLE)


def _spec(lab: LabState, host: LabHost) -> launch.Spec:
    """Return what the supervisor of *host* must know, with the control group ready."""
    names = Names(lab.lab_id)
    group = f"{names.cgroup}/{host.name}"
    found = cgroups.hierarchies()
    managed = scopes.systemd_is_init()
    if managed:
        enter = scopes.enter(names.cgroup, host.name, host.shape)
    else:
        cgroups.create(names.cgroup, host.name)
        cgroups.limit(group, cpus=host.shape.cpus, memory_bytes=host.shape.memory_bytes)
        enter = launch.enter(cgroups.directories(group))
    return launch.Spec(
        name=host.name,
        disk=str(disks.disk(lab, host.name)),
        netns=str(names.netns(host.name)),
        link=names.link(host.number),
        machine_id=disks.machine_id(lab, host),
        group="" if managed else group,
        enter=enter,
        hierarchies=tuple((one.kind, one.options, str(one.path)) for one in found),
        legacy=any(one.kind == "cgroup" for one in found),
    )


def refresh_hosts_file(lab: LabState, host: LabHost) -> None:
    """Complete /etc/hosts of *host*: on its disk while it is off, else through its root."""
    pid = init_of(lab, host.name)
    below = Path(f"/proc/{pid}/root") if pid else disks.disk(lab, host.name) / "upper"
    path = below / "etc/hosts"
    path.write_text(disks.hosts_file(lab, host, path.read_text() if path.exists() else ""))


async def remove(lab_id: str, name: str, number: int) -> None:
    """End host *name* of lab *lab_id* and remove all of it but its disk, whatever is there."""
    names = Names(lab_id)
    directory = names.host_dir(name)
    await end(lab_id, name)
    cgroups.remove(f"{names.cgroup}/{name}")
    netns = names.netns(name)
    if os.path.ismount(netns):
        await run("umount", str(netns))
    await _delete_link(names.link(number))
    for file in (netns, *_record(directory)):
        file.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        directory.rmdir()


async def _delete_link(link: str) -> None:
    """Delete *link* where it is; its other end may go with its namespace and take it along."""
    if await succeeds("ip", "link", "delete", link):
        return
    if await succeeds("ip", "link", "show", link):
        await run("ip", "link", "delete", link)


def _record(directory: Path) -> tuple[Path, ...]:
    return tuple(directory.iterdir()) if directory.is_dir() else ()


async def end(lab_id: str, name: str) -> None:
    """Take the power from host *name*: no process of it is left when this returns."""
    names = Names(lab_id)
    end_supervisors(names.host_dir(name))
    if scopes.systemd_is_init():
        await scopes.stop(names.cgroup, name)
    cgroups.kill(f"{names.cgroup}/{name}")


def end_supervisors(below: Path) -> None:
    """End every supervisor of a host recorded at or below *below*, one that just starts as well."""
    processes.end(lambda: processes.running(supervisor.__name__, below))
