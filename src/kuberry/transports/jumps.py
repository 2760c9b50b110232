"""Hosts on the way to other hosts: logged in to once, shared by all that go through them."""

from __future__ import annotations

import asyncio
import dataclasses
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

_CLOSE_DEADLINE_S = 2.0
_FAILURE_STANDS_S = 5.0  # long enough for all who asked at once, short enough for a reboot


@dataclasses.dataclass(frozen=True, slots=True)
class _Failure:
    """A way that led nowhere, and when that was, by the clock of the event loop."""

    error: TransportError
    when_s: float


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
        self._open: dict[Chain, SSHClientConnection | _Failure] = {}
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
            if found is None or self._is_stale(found):
                found = self._open[chain] = await self._attempt(chain, waiting)
        if isinstance(found, _Failure):
            error = found.error
            message = f"the jump host {error.host}: {error.message}"
            raise type(error)(message, host=error.host, remedy=error.remedy)
        return found

    async def aclose(self) -> None:
        """Close all of them, the farthest first; safe to call twice."""
        connections = [one for one in self._open.values() if not isinstance(one, _Failure)]
        self._open.clear()
        for connection in reversed(connections):
            connection.close()
            try:
                async with asyncio.timeout(_CLOSE_DEADLINE_S):
                    await connection.wait_closed()
            except TimeoutError:
                connection.abort()

    def _is_stale(self, found: SSHClientConnection | _Failure) -> bool:
        """Return whether to try again: the host may have rebooted since."""
        if isinstance(found, _Failure):
            return asyncio.get_running_loop().time() - found.when_s > _FAILURE_STANDS_S
        return found.is_closed()

    async def _attempt(self, chain: Chain, waiting: Waiting) -> SSHClientConnection | _Failure:
        try:
            return await self._log_in(jump_host(chain[-1]), chain[:-1], (*waiting, chain))
        except TransportError as error:
            return _Failure(error, asyncio.get_running_loop().time())
