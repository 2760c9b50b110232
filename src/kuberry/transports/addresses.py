"""From a name to an open TCP connection."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from kuberry.errors import NameNotResolved
from kuberry.model.event import Emit, Notice

HEAD_START_S = 0.25  # RFC 8305, section 8: what the preferred address gets before the next is tried

Address = tuple[socket.AddressFamily, Any]
"""An address family and what `socket.connect` takes there."""
Resolve = Callable[[str, int, socket.AddressFamily], Awaitable[Sequence[Address]]]
"""Takes name, port and family; raises `socket.gaierror` where there is no address."""


def system_resolver(executor: Executor) -> Resolve:
    """Return a look-up by this machine's resolver.

    Args:
        executor: Where look-ups wait: an absent ``.local`` name takes seconds, and the few threads
            that asyncio has would make the other hosts wait for it.
    """

    async def resolve(name: str, port: int, family: socket.AddressFamily) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            executor, lambda: socket.getaddrinfo(name, port, family, socket.SOCK_STREAM)
        )
        return list(dict.fromkeys((one[0], one[4]) for one in found))

    return resolve


async def look_up(
    name: str, port: int, family: socket.AddressFamily, resolve: Resolve
) -> Sequence[Address]:
    """Return the addresses of *name*.

    Raises:
        NameNotResolved: There is none.
    """
    try:
        return await resolve(name, port, family)
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else str(error)
        raise NameNotResolved(
            f"the name {name!r} has no address: {reason}",
            host=name,
            remedy="check the spelling; give the address in the inventory, "
            "or a HostName in ~/.ssh/config",
        ) from None


async def look_up_nearby(
    name: str, port: int, family: socket.AddressFamily, resolve: Resolve, emit: Emit
) -> tuple[str, Sequence[Address]]:
    """Return *name* and its addresses, or *name*.local and those (multicast DNS, as Pis speak it).

    Raises:
        NameNotResolved: Neither has an address.
    """
    try:
        return name, await look_up(name, port, family, resolve)
    except NameNotResolved as error:
        if not is_single_label(name):
            raise
        nearby = f"{name}.local"
        try:
            found = await look_up(nearby, port, family, resolve)
        except NameNotResolved:
            message = error.message.replace(repr(name), f"{name!r} (or {nearby!r})", 1)
            raise NameNotResolved(message, host=name, remedy=error.remedy) from None
    emit(Notice(host=name, message=f"{name} has no address, {nearby} is taken"))
    return nearby, found


def is_single_label(name: str) -> bool:
    """Return whether *name* is a bare host name, without a domain and no address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name and ":" not in name
    return False


async def dial(addresses: Sequence[Address]) -> socket.socket:
    """Connect to the first of *addresses* that answers; each has a short head start on the next.

    Raises:
        OSError: None of them accepts; the reason of the first one.
    """
    race = _Race(addresses)
    try:
        async with asyncio.TaskGroup() as group:
            race.runners += [group.create_task(race.run(one)) for one in range(len(addresses))]
    except BaseException:
        race.close_all_but(0)
        raise
    race.close_all_but(1)
    if not race.answered:
        raise race.errors[0]
    return race.answered[0]


class _Race:
    """Addresses of one host, tried against each other."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self.addresses = addresses
        self.failed = [asyncio.Event() for _ in addresses]
        self.errors: dict[int, OSError] = {}
        self.answered: list[socket.socket] = []
        self.runners: list[asyncio.Task[None]] = []

    async def run(self, number: int) -> None:
        if number > 0:
            await _wait_at_most(self.failed[number - 1], HEAD_START_S * number)
        try:
            self.answered.append(await _connect(self.addresses[number]))
        except OSError as error:
            self.errors[number] = error
            self.failed[number].set()
            return
        for other in self.runners:
            if other is not asyncio.current_task():
                other.cancel()

    def close_all_but(self, count: int) -> None:
        for one in self.answered[count:]:
            one.close()


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def _connect(address: Address) -> socket.socket:
    family, sockaddr = address
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.settimeout(0.0)
        await asyncio.get_running_loop().sock_connect(one, sockaddr)
    except BaseException:
        one.close()
        raise
    return one
