"""Hosts on the way to other hosts: logged in to once, shared by all that go through them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from kuberry.errors import TransportError, UsageError
from kuberry.model.host import Host

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection

_JUMP = re.compile(
    r"(?:ssh://)?(?:(?P<user>.+)@)?"
    r"(?:\[(?P<bracketed>[^@\[\]]+)\]|(?P<name>[^@:\[\]]+)|(?P<ipv6>[^@\[\]]*:[^@\[\]]*:[^@\[\]]*?))"
    r"(?::(?P<port>\d{1,5}))?/?"
)

Chain = tuple[str, ...]
"""Jump hosts in the order in which they are passed, each as ``[user@]name[:port]``."""
Waiting = tuple[Chain, ...]


def jump_host(text: str) -> Host:
    """Return the host that one word of ``ProxyJump`` names.

    Raises:
        UsageError: It names none.
    """
    found = _JUMP.fullmatch(text)
    if found is None:
        raise UsageError(f"ProxyJump {text!r} names no host", remedy="write [user@]name[:port]")
    port = int(found["port"]) if found["port"] else None
    return Host(
        name=found["bracketed"] or found["name"] or found["ipv6"], user=found["user"], port=port
    )


class JumpHosts:
    """Open connections to jump hosts, by the way that leads to them.

    Args:
        log_in: Opens a connection to a host behind a chain of others; takes the ways that wait for
            it, too.
    """

    def __init__(
        self, log_in: Callable[[Host, Chain, Waiting], Awaitable[SSHClientConnection]]
    ) -> None:
        self._log_in = log_in
        self._open: dict[Chain, SSHClientConnection | TransportError] = {}
        self._locks: dict[Chain, asyncio.Lock] = {}

    async def behind(self, chain: Chain, waiting: Waiting = ()) -> SSHClientConnection:
        """Return the connection to the last host of *chain*.

        Args:
            waiting: The ways that need this one.

        Raises:
            UsageError: The way leads in a circle.
            TransportError: It cannot be reached; everyone who asks is told the same.
        """
        if chain in waiting:
            circle = " → ".join(one[-1] for one in (*waiting, chain))
            raise UsageError(
                f"ProxyJump leads in a circle: {circle}",
                remedy="let `ProxyJump none` stand for the jump host itself, before the pattern "
                "that matches all hosts",
            )
        async with self._locks.setdefault(chain, asyncio.Lock()):
            found = self._open.get(chain)
            if found is None:
                found = self._open[chain] = await self._attempt(chain, waiting)
        if isinstance(found, TransportError):
            message = f"the jump host {found.host}: {found.message}"
            raise type(found)(message, host=found.host, remedy=found.remedy)
        return found

    def close(self) -> None:
        """Close all of them, the farthest first."""
        for found in reversed(list(self._open.values())):
            if not isinstance(found, TransportError):
                found.close()
        self._open.clear()

    async def _attempt(
        self, chain: Chain, waiting: Waiting
    ) -> SSHClientConnection | TransportError:
        try:
            return await self._log_in(jump_host(chain[-1]), chain[:-1], (*waiting, chain))
        except TransportError as error:
            return error
