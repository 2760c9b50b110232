"""status --watch: every host at its own pace, over a connection that is kept; lost ones come back.

A host that is slow or gone never holds up the picture of the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from kuberry.errors import TransportError
from kuberry.facts.pulse import feel
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit
from kuberry.model.host import Host
from kuberry.model.pulse import HostPulse, Pace, WatchReport
from kuberry.model.status import Problem
from kuberry.transports.pool import Login, connect_all
from kuberry.transports.transport import Transport

Show = Callable[[WatchReport], None]


async def watch(
    hosts: Sequence[Host], options: ConnectOptions, emit: Emit, show: Show, pace: Pace
) -> None:
    """Look at *hosts* again and again, and give each report to *show*.

    Raises:
        UsageError: The SSH configuration cannot be used.
    """
    picture = _Picture(hosts)
    turns = asyncio.Semaphore(options.concurrency)
    async with connect_all((), options, emit) as connections:
        watched = [_Watched(one, connections.reconnect, turns, picture) for one in hosts]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one.go_on(pace)) for one in watched]
                await _report(picture, show, pace)
                for task in tasks:
                    task.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None


class _Picture:
    """The newest row of each host.

    Attributes:
        complete: Set once every host has answered or failed.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        self.rows = {one.name: HostPulse(host=one.name, state="connecting") for one in hosts}
        self.complete = asyncio.Event()

    def put(self, row: HostPulse) -> None:
        """Take *row* in place of that host's last."""
        self.rows[row.host] = row
        if all(one.state != "connecting" for one in self.rows.values()):
            self.complete.set()


async def _report(picture: _Picture, show: Show, pace: Pace) -> None:
    """Give a report as soon as the picture is complete, or too late for that; then go on."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(pace.interval_s):
            await picture.complete.wait()
    seq, rows = 0, picture.rows
    while pace.reports is None or seq < pace.reports:
        seq += 1
        show(WatchReport(seq=seq, taken_at=datetime.now(UTC), hosts=tuple(rows.values())))
        if seq != pace.reports:
            await asyncio.sleep(pace.interval_s)


class _Watched:
    """One host: its connection while there is one."""

    def __init__(
        self, host: Host, login: Login, turns: asyncio.Semaphore, picture: _Picture
    ) -> None:
        self._host = host
        self._login = login
        self._turns = turns
        self._picture = picture
        self._transport: Transport | None = None

    async def go_on(self, pace: Pace) -> None:
        """Look, and look again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            async with self._turns:
                self._picture.put(await self._look())
            await asyncio.sleep(max(pace.interval_s - (loop.time() - began), 0.05))

    async def _look(self) -> HostPulse:
        name = self._host.name
        try:
            if self._transport is None:
                self._transport = await self._login(self._host)
            pulse = await feel(self._transport)
        except TransportError as error:
            await self._let_go()
            problem = Problem(code=error.code, message=error.message, remedy=error.remedy)
            return HostPulse(host=name, state="lost", problem=problem)
        return HostPulse(host=name, state="reachable", pulse=pulse)

    async def _let_go(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()
