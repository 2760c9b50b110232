"""Ask every address of one of our own networks, slowly enough for any switch.

A datagram to the discard port (9, RFC 863) makes this machine's kernel look for each neighbour:
who is there stands in its neighbour table afterwards, whatever packet filter the host has.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from kuberry.errors import UsageError

SMALLEST_PREFIX = 22
"""The largest network that is swept: 1022 addresses."""
_DISCARD = 9
_AT_ONCE = 64  # the kernel keeps few neighbours that it waits for: gc_thresh1 is 128
_PAUSE_S = 0.2
_SSH, _BANNER_BYTES = 22, 255


def choose(own: Sequence[IPv4Interface], wanted: str | None) -> tuple[IPv4Network, ...]:
    """Return the networks to sweep: *wanted* if it is a part of our own, else all our own.

    Raises:
        UsageError: It is none of ours, or too large.
    """
    ours = tuple(dict.fromkeys(one.network for one in own if one.network.num_addresses > 1))
    chosen = (_network(wanted, ours),) if wanted else ours
    for one in chosen:
        if one.prefixlen < SMALLEST_PREFIX:
            part = next(one.subnets(new_prefix=24))
            raise UsageError(
                f"{one} has too many addresses: at most /{SMALLEST_PREFIX} is swept",
                remedy=f"name a part of it: --network {part}",
            )
    if not chosen:
        raise UsageError("this machine has no IPv4 network", remedy="connect it to one")
    return chosen


def _network(text: str, ours: Sequence[IPv4Network]) -> IPv4Network:
    try:
        wanted = IPv4Network(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no network: {error}", remedy="10.0.0.0/24") from None
    if not any(wanted.subnet_of(one) for one in ours):
        raise UsageError(
            f"{wanted} is none of this machine's own networks",
            remedy=f"these are: {', '.join(map(str, ours)) or 'none'}",
        )
    return wanted


async def nudge(networks: Iterable[IPv4Network], own: Sequence[IPv4Interface]) -> None:
    """Have the kernel look for every address of *networks* but our own."""
    mine = {one.ip for one in own}
    every = [one for network in networks for one in network.hosts() if one not in mine]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)  # noqa: FBT003
        for start in range(0, len(every), _AT_ONCE):
            for address in every[start : start + _AT_ONCE]:
                with contextlib.suppress(OSError):  # a full queue: that one is not asked
                    sender.sendto(b"", (str(address), _DISCARD))
            await asyncio.sleep(_PAUSE_S)
    await asyncio.sleep(1.0)  # the kernel asks once a second, three times


async def banners(addresses: Sequence[str], *, timeout_s: float) -> dict[str, str]:
    """Return what the SSH servers of *addresses* call themselves; others are left out.

    Args:
        timeout_s: Seconds for each; at most 64 are asked at once.
    """
    turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(address: str) -> str | None:
        async with turns:
            return await _banner(address, timeout_s)

    async with asyncio.TaskGroup() as group:
        tasks = {one: group.create_task(ask(one)) for one in addresses}
    found = {one: task.result() for one, task in tasks.items()}
    return {one: text for one, text in found.items() if text is not None}


async def _banner(address: str, timeout_s: float) -> str | None:
    """Read the first line of the server: RFC 4253, section 4.2."""
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(str(IPv4Address(address)), _SSH)
            line = await reader.read(_BANNER_BYTES)
    except (OSError, ValueError):
        return None
    finally:
        if writer is not None:
            writer.close()
    text = line.partition(b"\n")[0].decode("ascii", errors="replace").strip()
    return text if re.match("SSH-(2.0|1.99)-", text) else None
