"""Values that one host brings forth and another waits for; they live in memory only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from kuberry.model.plan import Captured, HostPlan, LoadImages, Plan, PowerOff, Run, Text


class Blocked(Exception):
    """The value will never come: the host that was to bring it forth has failed."""

    def __init__(self, value: str, producer: str) -> None:
        super().__init__(f"waits for {value!r} of {producer}, which failed")
        self.producer = producer


def captures_of(plan: HostPlan) -> Iterator[str]:
    """Yield the names of the values that a host brings forth."""
    for step in plan.steps:
        if isinstance(step, Run | PowerOff | LoadImages):
            yield from step.captures


class Values:
    """The values of one plan: each is set once, or is known never to come."""

    def __init__(self, plan: Plan) -> None:
        self._producer = {name: host.host for host in plan.hosts for name in captures_of(host)}
        self._futures: dict[str, asyncio.Future[str]] = {}

    def set(self, name: str, value: str) -> None:
        """Make *value* known to all who wait for it."""
        future = self._future(name)
        if not future.done():
            future.set_result(value)

    def end(self, host: str) -> None:
        """Say that *host* has ended: what it has not brought forth will never come."""
        for name, producer in self._producer.items():
            future = self._future(name)
            if producer == host and not future.done():
                future.set_exception(Blocked(name, host))
                future.exception()  # read, so that a value nobody waits for is no warning

    async def get(self, name: str) -> str:
        """Wait for the value.

        Raises:
            Blocked: It will never come.
        """
        return await asyncio.shield(self._future(name))

    async def fill(self, text: Text) -> str:
        """Return *text* with its holes filled.

        Raises:
            Blocked: One of the values will never come.
        """
        parts = [await self.get(one.captured) if isinstance(one, Captured) else one for one in text]
        return "".join(parts)

    def known(self) -> tuple[str, ...]:
        """Return the values captured so far: what redaction looks for."""
        done = (one for one in self._futures.values() if one.done() and not one.cancelled())
        return tuple(one.result() for one in done if one.exception() is None and one.result())

    def _future(self, name: str) -> asyncio.Future[str]:
        if name not in self._futures:
            if name not in self._producer:
                msg = f"no step of the plan captures {name!r}"
                raise KeyError(msg)
            self._futures[name] = asyncio.get_running_loop().create_future()
        return self._futures[name]
