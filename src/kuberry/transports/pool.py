"""Many hosts at once: every failure collected, every connection closed at the end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from kuberry.errors import TransportError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.host import Host
from kuberry.model.sighting import HostConnected
from kuberry.transports.addresses import Resolve
from kuberry.transports.login import Connector
from kuberry.transports.transport import Transport

Login = Callable[[Host], Coroutine[Any, Any, Transport]]


@dataclasses.dataclass(frozen=True, slots=True)
class Connection:
    """What became of the login to one host: a transport, or the reason why there is none."""

    host: Host
    result: Transport | TransportError


@dataclasses.dataclass(frozen=True, slots=True)
class Connections:
    """What became of the logins to all hosts, in the order of the hosts.

    Attributes:
        reconnect: Logs in to a host anew, after a reboot for example; closed with the others.
    """

    all: tuple[Connection, ...]
    reconnect: Login

    @property
    def transports(self) -> tuple[Transport, ...]:
        """Return the open ones."""
        return tuple(one.result for one in self.all if not isinstance(one.result, TransportError))

    @property
    def failures(self) -> tuple[tuple[Host, TransportError], ...]:
        """Return the hosts that could not be logged in to, with the reasons."""
        return tuple(
            (one.host, one.result) for one in self.all if isinstance(one.result, TransportError)
        )


@asynccontextmanager
async def connect_all(
    hosts: Sequence[Host],
    options: ConnectOptions,
    emit: Emit = ignore,
    *,
    password: SecretStr | None = None,
    resolve: Resolve | None = None,
) -> AsyncIterator[Connections]:
    """Log in to all *hosts* side by side; yield what became of each; close all at the end.

    A host that fails never holds up or cancels the others.

    Args:
        options: How many logins are under way at once, and how long each may take.
        password: Offered to hosts that accept no key.
        resolve: From names to addresses; ``None`` asks this machine's resolver.

    Raises:
        UsageError: The SSH configuration cannot be used.
    """
    connector = Connector(options, emit, password=password, resolve=resolve)
    opened: list[Transport] = []

    async def login(host: Host) -> Transport:
        transport = await connector.connect(host)
        opened.append(transport)
        if transport.host_key is not None:
            algorithm, fingerprint = transport.host_key
            emit(HostConnected(host=host.name, algorithm=algorithm, fingerprint=fingerprint))
        return transport

    try:
        yield Connections(await _each(hosts, login, options.concurrency), login)
    finally:
        await _close(opened)
        await connector.aclose()


async def _each(hosts: Sequence[Host], login: Login, concurrency: int) -> tuple[Connection, ...]:
    turns = asyncio.Semaphore(concurrency)

    async def attempt(host: Host) -> Connection:
        async with turns:
            try:
                return Connection(host, await login(host))
            except TransportError as error:
                return Connection(host, error)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(host)) for host in hosts]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks)


async def _close(transports: Sequence[Transport]) -> None:
    async with asyncio.TaskGroup() as group:
        for transport in transports:
            group.create_task(transport.aclose())
