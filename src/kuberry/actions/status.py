"""Look at hosts: log in to all, gather the facts of each, and say why where that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from kuberry.errors import TransportError
from kuberry.facts.gather import gather
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit
from kuberry.model.host import Host
from kuberry.model.status import HostStatus, Problem, StatusReport
from kuberry.transports.pool import Connection, connect_all


async def status(hosts: Sequence[Host], options: ConnectOptions, emit: Emit) -> StatusReport:
    """Look at *hosts* side by side; one that fails is a row with the reason, in its place.

    Args:
        options: How to log in, and how many hosts are looked at at once.
        emit: Is told of first contacts and of what the user should know.

    Raises:
        UsageError: The SSH configuration cannot be used.
    """
    async with connect_all(hosts, options, emit) as connections:
        rows = await look(connections.all, concurrency=options.concurrency)
    return StatusReport(taken_at=datetime.now(UTC), hosts=rows)


async def look(connections: Sequence[Connection], *, concurrency: int) -> tuple[HostStatus, ...]:
    """Return a row for each of *connections*, in their order; at most *concurrency* at once."""
    turns = asyncio.Semaphore(concurrency)

    async def row(connection: Connection) -> HostStatus:
        async with turns:
            return await _row(connection)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(row(connection)) for connection in connections]
    return tuple(task.result() for task in tasks)


async def _row(connection: Connection) -> HostStatus:
    name = connection.host.name
    if isinstance(connection.result, TransportError):
        return _unreachable(name, connection.result)
    try:
        facts = await gather(connection.result)
    except TransportError as error:
        return _unreachable(name, error)
    return HostStatus(host=name, state="reachable", facts=facts, problem=None)


def _unreachable(name: str, error: TransportError) -> HostStatus:
    problem = Problem(code=error.code, message=error.message, remedy=error.remedy)
    return HostStatus(host=name, state="unreachable", facts=None, problem=problem)
