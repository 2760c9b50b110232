"""The faults: each struck at hosts, or at the program, from outside, and its cause taken away.

What an operator would do is done and no more: the plug goes back in, room is made on the disk, the
bad copy in the cache is replaced. Nothing on a host is mended.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from kuberry.campaign.case import HOSTS, Case, Fault
from kuberry.campaign.line import Line
from kuberry.campaign.place import Place
from kuberry.errors import CommandTimeout
from kuberry.lab import cgroups, machine, readiness, supervisor
from kuberry.lab.names import Names
from kuberry.lab.power import switch
from kuberry.lab.program import run
from kuberry.model.event import ignore
from kuberry.model.lab import LabHost, LabState

Lift = Callable[[], Awaitable[None]]
"""Takes the cause of a fault away."""

_SIGNALS: dict[Fault, signal.Signals] = {
    "controller killed": signal.SIGKILL,
    "controller interrupted": signal.SIGINT,
    "controller terminated": signal.SIGTERM,
}
_STAGING = "var/lib/kuberry/staging"
# https://wiki.nftables.org/wiki-nftables/index.php/Nftables_families, "netdev"; egress: Linux 5.16.
_DROP_ALL = """
table netdev cut_{link} {{
    chain in {{ type filter hook ingress device "{link}" priority 0; policy drop; }}
    chain out {{ type filter hook egress device "{link}" priority 0; policy drop; }}
}}
"""
_STAGED_WITHIN_S = 5.0
_PAUSE_S = 0.02


@dataclasses.dataclass(frozen=True, slots=True)
class Blow:
    """What is struck.

    Attributes:
        victim: Host.
        digest: Of an artifact that the struck step brings; empty where it brings none.
    """

    place: Place
    case: Case
    victim: str
    digest: str


async def nothing() -> None:
    """Take nothing away: the fault was one of a moment."""


async def strike(blow: Blow, line: Line) -> Lift:
    """Strike while *line* is at work; return what takes the cause away once it has ended.

    Raises:
        KuberryError: It cannot be done.
    """
    fault = blow.case.fault
    if fault in _SIGNALS:
        line.process.send_signal(_SIGNALS[fault])
        return nothing
    return await _AT_HOSTS[fault](blow)


def spoil(blow: Blow) -> Lift:
    """Do beforehand what the fault of *blow* wants done before the line begins."""
    if blow.case.fault != "corrupted in the cache":
        return nothing
    copy = blow.place.settings.bundles_dir / "blobs/sha256" / blow.digest
    good = copy.with_name(f"{copy.name}.good")
    data = bytearray(copy.read_bytes())
    copy.rename(good)  # its bytes may be those of the user's cache: they stay as they are
    data[len(data) // 2] ^= 0xFF
    copy.write_bytes(data)

    async def replace() -> None:
        good.replace(copy)

    return replace


async def _reboot(blow: Blow) -> Lift:
    await switch(blow.place.settings.lab_dir, blow.victim, "reboot", ignore)
    return nothing


async def _cut_power(blow: Blow) -> Lift:
    return await _cut(blow.place, (blow.victim,))


async def _black_out(blow: Blow) -> Lift:
    return await _cut(blow.place, HOSTS)


async def _cut(place: Place, victims: tuple[str, ...]) -> Lift:
    lab = place.lab
    async with asyncio.TaskGroup() as group:
        for name in victims:
            group.create_task(machine.end(lab.lab_id, name))
    for name in victims:
        (Names(lab.lab_id).host_dir(name) / supervisor.STATE).write_text(supervisor.OFF)

    async def power_on() -> None:
        for name in victims:
            await switch(place.settings.lab_dir, name, "poweron", ignore)

    return power_on


def _find(blow: Blow) -> tuple[LabState, LabHost]:
    lab = blow.place.lab
    return lab, next(one for one in lab.hosts if one.name == blow.victim)


async def _cut_link(blow: Blow) -> Lift:
    """Cut the link for a while: packets vanish in silence, or the host sees that the plug is out.

    Cases with odd numbers do the one, the others the other.
    """
    lab, host = _find(blow)
    link = Names(lab.lab_id).link(host.number)
    cut = _silence(link) if blow.case.number % 2 else _unplugged(link)
    async with cut:
        await asyncio.sleep(blow.case.cut_s)
    await readiness.wait_until_up(lab, host)
    return nothing


@contextlib.asynccontextmanager
async def _unplugged(link: str) -> AsyncIterator[None]:
    await run("ip", "link", "set", link, "down")
    try:
        yield
    finally:
        await run("ip", "link", "set", link, "up")


@contextlib.asynccontextmanager
async def _silence(link: str) -> AsyncIterator[None]:
    """Drop whatever passes *link*, in both directions."""
    await run("nft", "-f", "-", stdin=_DROP_ALL.format(link=link))
    try:
        yield
    finally:
        await run("nft", "delete", "table", "netdev", f"cut_{link}")


async def _fill(blow: Blow) -> Lift:
    """Take all room of the disk that all hosts share."""
    file = blow.place.disk / "full"
    free = os.statvfs(blow.place.disk)
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        with contextlib.suppress(OSError):  # it is taken in part where it cannot be had as a whole
            os.posix_fallocate(descriptor, 0, free.f_bavail * free.f_frsize)
        while _adds(descriptor):
            pass
    finally:
        os.close(descriptor)

    async def make_room() -> None:
        os.unlink(file)  # noqa: PTH108 -- it ends at once

    return make_room


def _adds(descriptor: int) -> bool:
    try:
        os.write(descriptor, bytes(1 << 12))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


async def _spoiled(_blow: Blow) -> Lift:
    return nothing  # see `spoil`: it was so before the line began


async def _corrupt_staged(blow: Blow) -> Lift:
    """Change a byte of what has come to the host, or is on its way."""
    pid = machine.init_of(blow.place.lab, blow.victim)
    staging = Path(f"/proc/{pid}/root") / _STAGING
    for _ in range(int(_STAGED_WITHIN_S / _PAUSE_S)):
        if _corrupt_one(staging):
            return nothing
        await asyncio.sleep(_PAUSE_S)
    raise CommandTimeout("nothing was on its way", host=blow.victim)


def _corrupt_one(staging: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):  # files come and go
        files = [(one.stat().st_size, one) for one in staging.iterdir() if one.is_file()]
        size, largest = max(files, default=(0, staging))
        if size:
            with largest.open("r+b") as file:
                file.seek(size // 2)
                byte = file.read(1)
                file.seek(size // 2)
                file.write(bytes((byte[0] ^ 0xFF,)))
            return True
    return False


async def _kill_sshd(blow: Blow) -> Lift:
    """Kill the SSH server of the host with all its sessions; systemd there starts it anew."""
    lab, host = _find(blow)
    for pid in cgroups.pids(f"{Names(lab.lab_id).cgroup}/{host.name}"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if _name(pid) == "sshd":
                os.kill(pid, signal.SIGKILL)
    await readiness.wait_until_up(lab, host)
    return nothing


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()


_AT_HOSTS: dict[Fault, Callable[[Blow], Awaitable[Lift]]] = {
    "host rebooted": _reboot,
    "power cut of a host": _cut_power,
    "power cut of all hosts": _black_out,
    "link cut": _cut_link,
    "disk full": _fill,
    "corrupted in the cache": _spoiled,
    "corrupted on the host": _corrupt_staged,
    "sshd killed": _kill_sshd,
}
