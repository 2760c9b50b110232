"""Bring hosts up: those that run already stay as they are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from kuberry.errors import KuberryError, UsageError
from kuberry.lab import (
    bridge_filter,
    disks,
    locks,
    machine,
    network,
    readiness,
    roots,
    subnet,
    sweep,
    sysctls,
)
from kuberry.lab.inventory import read_state
from kuberry.lab.names import RUN_DIR, Names, lab_id
from kuberry.model.event import Emit, Notice
from kuberry.model.lab import LabHost, LabShape, LabState

_CONCURRENCY = 4
_LAST_NUMBER = 250
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


async def up(
    lab_dir: Path, cache_dir: Path, wanted: tuple[str, ...], shape: LabShape, emit: Emit
) -> LabState:
    """Bring the hosts *wanted* up in the lab of *lab_dir*; return when all let people in.

    Args:
        cache_dir: Where base roots are kept.
        shape: What new hosts are like; existing ones keep their shape.

    Raises:
        UsageError: A name is none for a lab host.
        HostBusy: Another process has been working on this lab for two minutes.
        KuberryError: A host did not come up; the others did what they could.
    """
    check_names(wanted)
    root = await roots.base_root(cache_dir, shape.os, emit)
    disks.make_lab_dir(lab_dir)
    names = Names(lab_id(lab_dir))
    async with locks.hold(names.run_dir):
        lab = await _network(lab_dir, emit)
        lab = _with_hosts(lab, wanted, shape, emit)
        disks.write_state(lab)
        await disks.make_login_key(lab)
        hosts = [host for name in wanted if (host := lab.find(name))]
        await bounded([_boot(lab, host, root, emit) for host in hosts])
        disks.write_known_hosts(lab)
        for host in lab.hosts:
            if disks.disk(lab, host.name).exists():
                machine.refresh_hosts_file(lab, host)
        await bounded([readiness.wait_until_up(lab, host) for host in hosts])
    return lab


def check_names(names: tuple[str, ...]) -> None:
    """Return when each of *names* can be a lab host's.

    Raises:
        UsageError: One cannot.
    """
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        msg = f"{wrong!r} cannot be the name of a lab host"
        remedy = "lab hosts have plain names of lower-case letters, digits and inner hyphens"
        raise UsageError(msg, remedy=remedy)


async def _network(lab_dir: Path, emit: Emit) -> LabState:
    """Return the lab of *lab_dir* with its network there, after clearing what was lost."""
    own = lab_id(lab_dir)
    async with locks.hold(RUN_DIR):
        await sweep.clear_orphans(emit, but=own)
        sysctls.save()
        sysctls.make_room()
        known = read_state(lab_dir)
        if known and known.lab_id == own and sweep.is_whole(own):
            return known
        await sweep.clear(own, keep_record=True)
        sweep.record(own, lab_dir)
        lab = LabState(lab_id=own, lab_dir=lab_dir, subnet=await _free(known, own))
        lab = lab.model_copy(update={"hosts": tuple(_moved(lab, host) for host in _hosts(known))})
        disks.write_state(lab)
        await network.create_network(lab)
        sweep.declare_whole(own)
        if warning := await bridge_filter.warning():
            emit(Notice(message=warning))
    return lab


def _hosts(lab: LabState | None) -> tuple[LabHost, ...]:
    return lab.hosts if lab else ()


async def _free(known: LabState | None, lab_id: str) -> IPv4Network:
    """Return the network of the lab: the one it had where that is still free."""
    used = await network.networks_in_use()
    if known and not any(known.subnet.overlaps(one) for one in used):
        return known.subnet
    return subnet.choose(used, int(lab_id, 16))


def _moved(lab: LabState, host: LabHost) -> LabHost:
    return host.model_copy(update={"address": lab.subnet[host.number]})


def _with_hosts(lab: LabState, wanted: tuple[str, ...], shape: LabShape, emit: Emit) -> LabState:
    """Return *lab* with the hosts of *wanted* that it does not have yet."""
    for name in wanted:
        host = lab.find(name)
        if host is None:
            lab = lab.model_copy(update={"hosts": (*lab.hosts, _new_host(lab, name, shape))})
        elif host.shape != shape:
            text = "exists already and keeps its operating system and limits"
            emit(Notice(host=name, message=f"{text}; for others: kuberry lab down, then up"))
    return lab


def _new_host(lab: LabState, name: str, shape: LabShape) -> LabHost:
    used = {host.number for host in lab.hosts}
    number = next((one for one in range(2, _LAST_NUMBER + 1) if one not in used), None)
    if number is None:
        msg = f"the lab has {len(used)} hosts, and its network has no address left for {name}"
        raise UsageError(msg, remedy="use a second lab: set KUBERRY_STATE_DIR")
    return LabHost(name=name, number=number, address=lab.subnet[number], shape=shape)


async def _boot(lab: LabState, host: LabHost, root: Path, emit: Emit) -> None:
    """Boot *host* unless it runs."""
    if machine.supervisor_of(lab, host.name):
        return
    await disks.make_disk(lab, host, root)
    await machine.remove(lab.lab_id, host.name, host.number)
    await machine.start(lab, host)
    emit(Notice(host=host.name, message=f"boots at {host.address}"))


async def bounded(tasks: list[Coroutine[Any, Any, None]]) -> None:
    """Await *tasks*, a few at a time; one that fails does not stop the others.

    Raises:
        KuberryError: The first failure, after all have ended.
    """
    limit = asyncio.Semaphore(_CONCURRENCY)
    failures: list[KuberryError] = []

    async def one(task: Coroutine[Any, Any, None]) -> None:
        async with limit:
            try:
                await task
            except KuberryError as error:
                failures.append(error)

    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(one(task))
    if failures:
        raise failures[0]
