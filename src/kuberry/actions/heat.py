"""The heat of hosts while a run is at work on them: said, and waited for where that is wanted.

A small probe of its own, every few seconds over the connection that is there. Where there is
nothing to read, it is not asked again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from kuberry.errors import CommandTimeout, KuberryError
from kuberry.facts.pulse import feel_heat
from kuberry.model.event import Emit, Notice
from kuberry.model.facts import Health
from kuberry.model.heat import HostFelt, Hot
from kuberry.transports.transport import Transport

T = TypeVar("T")
Ready = Callable[[str], Awaitable[None]]
"""Returns as soon as a new step may begin on that host."""


@dataclasses.dataclass(frozen=True, slots=True)
class Thermostat:
    """How heat is looked at.

    Attributes:
        policy: What to do about it.
        interval_s: Seconds between two looks at a host.
        patience_s: Seconds that a step waits for its host to cool down, with the policy ``pause``.
    """

    policy: Hot = "warn"
    interval_s: float = 5.0
    patience_s: float = 1800.0


async def with_heat(
    transports: Mapping[str, Transport],
    thermostat: Thermostat,
    emit: Emit,
    work: Callable[[Ready], Awaitable[T]],
) -> T:
    """Do *work* while the heat of the hosts is looked at.

    Args:
        transports: By host name, as they are at any time: a reboot replaces an entry.
        work: Is given what says when a new step may begin on a host.
    """
    felt = _Felt(thermostat, emit)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(felt.go_on(name, transports)) for name in transports]
            result = await work(felt.ready)
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return result


class _Felt:
    """What is known of each host's heat."""

    def __init__(self, thermostat: Thermostat, emit: Emit) -> None:
        self._thermostat = thermostat
        self._emit = emit
        self._told: dict[str, HostFelt] = {}
        self._cool: dict[str, asyncio.Event] = {}

    async def go_on(self, host: str, transports: Mapping[str, Transport]) -> None:
        """Look at *host* until cancelled, or until it is clear that it tells nothing."""
        cool = self._cool.setdefault(host, asyncio.Event())
        cool.set()
        while True:
            with contextlib.suppress(KuberryError):  # it reboots, or a step says what is wrong
                health = await feel_heat(transports[host])
                if health is None or (health.temperature_c is None and health.throttling is None):
                    break
                self._take(host, health)
            await asyncio.sleep(self._thermostat.interval_s)
        cool.set()

    async def ready(self, host: str) -> None:
        """Wait until *host* has cooled down, where that is wanted.

        Raises:
            CommandTimeout: It did not in time.
        """
        cool = self._cool.get(host)
        if self._thermostat.policy != "pause" or cool is None or cool.is_set():
            return
        seconds = self._thermostat.patience_s
        try:
            async with asyncio.timeout(seconds):
                await cool.wait()
        except TimeoutError:
            raise CommandTimeout(
                f"it did not cool down within {seconds:.0f} s",
                host=host,
                remedy="give it air or a fan, then run the same line again; --hot warn goes on",
            ) from None

    def _take(self, host: str, health: Health) -> None:
        now = HostFelt(
            host=host,
            temperature_c=None if health.temperature_c is None else round(health.temperature_c),
            complaints=health.throttling.now if health.throttling else (),
            hot=health.is_hot,
        )
        before = self._told.get(host)
        if now == before:
            return
        self._told[host] = now
        self._emit(now)
        if now.hot != (before is not None and before.hot):
            self._turn(now)

    def _turn(self, now: HostFelt) -> None:
        cool = self._cool[now.host]
        if now.hot:
            cool.clear()
        else:
            cool.set()
        policy = self._thermostat.policy
        if policy == "ignore":
            return
        if now.hot:
            then = (
                "no new step begins until it has cooled down"
                if policy == "pause"
                else ("it slows itself down")
            )
            self._emit(Notice(host=now.host, message=f"it is hot ({_words(now)}): {then}"))
        else:
            self._emit(Notice(host=now.host, message=f"it has cooled down ({_words(now)})"))


def _words(felt: HostFelt) -> str:
    heat = [] if felt.temperature_c is None else [f"{felt.temperature_c:.0f} °C"]
    return ", ".join([*heat, *felt.complaints]) or "no more complaints"
