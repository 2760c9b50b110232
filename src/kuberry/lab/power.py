"""Switch hosts off and on, for real."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from kuberry.errors import UsageError
from kuberry.lab import locks, machine, readiness, supervisor
from kuberry.lab.inventory import read_state
from kuberry.lab.names import Names, lab_id
from kuberry.model.event import Emit, Notice
from kuberry.model.lab import LabHost, LabState, PowerVerb

# What systemd as PID 1 understands (systemd(1), "Signals").
_POWEROFF = signal.SIGRTMIN + 4
_REBOOT = signal.SIGRTMIN + 5
_SHUTDOWN_DEADLINE_S = 30.0
_PAUSE_S = 0.1


async def switch(lab_dir: Path, name: str, verb: PowerVerb, emit: Emit) -> None:
    """Switch host *name* of the lab of *lab_dir*; return when it is off, or lets people in.

    Raises:
        UsageError: The lab has no such host, or it is off and shall reboot.
        CommandFailed: The host ended instead of booting.
        CommandTimeout: It did not boot in time.
        HostBusy: Another process has been working on this lab for two minutes.
    """
    async with locks.hold(Names(lab_id(lab_dir)).run_dir):
        lab = read_state(lab_dir)
        host = lab.find(name) if lab else None
        if lab is None or host is None:
            raise UsageError(f"the lab has no host {name!r}", remedy="kuberry lab status")
        match verb:
            case "poweroff":
                await _power_off(lab, host, emit)
            case "poweron":
                await _power_on(lab, host)
            case "reboot":
                await _reboot(lab, host)


async def _power_off(lab: LabState, host: LabHost, emit: Emit) -> None:
    pid = machine.init_of(lab, host.name)
    if pid:
        os.kill(pid, _POWEROFF)
    try:
        async with asyncio.timeout(_SHUTDOWN_DEADLINE_S):
            while machine.supervisor_of(lab, host.name):
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        text = f"did not shut down within {_SHUTDOWN_DEADLINE_S:g} s: its power was cut"
        emit(Notice(host=host.name, message=text))
        await machine.end(lab.lab_id, host.name)
        (Names(lab.lab_id).host_dir(host.name) / supervisor.STATE).write_text(supervisor.OFF)


async def _power_on(lab: LabState, host: LabHost) -> None:
    if not machine.supervisor_of(lab, host.name):
        await machine.remove(lab.lab_id, host.name, host.number)
        await machine.start(lab, host)
    await readiness.wait_until_up(lab, host)


async def _reboot(lab: LabState, host: LabHost) -> None:
    pid = machine.init_of(lab, host.name)
    if pid is None:
        remedy = f"kuberry lab poweron {host.name}"
        raise UsageError("is off and cannot reboot", host=host.name, remedy=remedy)
    before = machine.boot_id(lab, host.name)
    os.kill(pid, _REBOOT)
    await readiness.wait_until_up(lab, host, unlike=before)
