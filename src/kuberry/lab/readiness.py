"""Wait until a host lets people in."""

from __future__ import annotations

import asyncio
import re
from ipaddress import IPv4Address

from kuberry.errors import CommandFailed, CommandTimeout
from kuberry.lab import disks, machine, supervisor
from kuberry.model.lab import LabHost, LabState

BOOT_DEADLINE_S = 90.0
_PAUSE_S = 0.1
_START_GRACE_S = 5.0
_LINES = 3
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


async def wait_until_up(
    lab: LabState, host: LabHost, *, unlike: str | None = None, deadline_s: float = BOOT_DEADLINE_S
) -> None:
    """Wait until the SSH server of *host* answers.

    Args:
        unlike: A boot id that is over: wait for another boot.

    Raises:
        CommandFailed: The host ended instead of booting.
        CommandTimeout: It did not answer within *deadline_s*.
    """
    loop = asyncio.get_running_loop()
    grace = loop.time() + _START_GRACE_S
    try:
        async with asyncio.timeout(deadline_s):
            while not await _is_up(lab, host, unlike):
                if loop.time() > grace and machine.power(lab, host.name) != "on":
                    raise _ended(lab, host)
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError as error:
        msg = f"did not answer on port 22 within {deadline_s:g} s; it said last: {words(lab, host)}"
        remedy = f"the whole console is in {disks.disk(lab, host.name) / supervisor.CONSOLE}"
        raise CommandTimeout(msg, host=host.name, remedy=remedy) from error


async def _is_up(lab: LabState, host: LabHost, unlike: str | None) -> bool:
    boot = machine.boot_id(lab, host.name)
    return boot not in (None, unlike) and await _answers(host.address)


async def _answers(address: IPv4Address) -> bool:
    """Return whether an SSH server greets at *address*."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(str(address), 22)
            return (await reader.readline()).startswith(b"SSH-")
    except (OSError, TimeoutError):
        return False
    finally:
        if writer:
            writer.close()


def _ended(lab: LabState, host: LabHost) -> CommandFailed:
    error = CommandFailed(
        f"ended instead of booting; it said last: {words(lab, host)}",
        command="systemd-nspawn",
        exit_status=-1,
        stderr=console(lab, host),
        host=host.name,
    )
    error.remedy = f"the whole console is in {disks.disk(lab, host.name) / supervisor.CONSOLE}"
    return error


def words(lab: LabState, host: LabHost) -> str:
    """Return the last lines that *host* wrote to its console, without colours."""
    plain = _COLOURS.sub("", console(lab, host))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return " / ".join(lines[-_LINES:]) or "nothing"


def console(lab: LabState, host: LabHost) -> str:
    """Return what *host* wrote to its console since its last boot."""
    file = disks.disk(lab, host.name) / supervisor.CONSOLE
    return file.read_text(errors="replace") if file.exists() else ""
