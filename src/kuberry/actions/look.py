"""All hosts looked at: what every plan begins with."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping

from kuberry.distributions.seen import Seen
from kuberry.engine.unit import wait_for_leftovers
from kuberry.errors import KuberryError
from kuberry.facts.gather import gather
from kuberry.facts.installed import look
from kuberry.transports.transport import Transport


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """What was seen, and of which hosts nothing; both by host name."""

    seen: dict[str, Seen]
    failures: dict[str, KuberryError]


async def look_at_all(transports: Mapping[str, Transport]) -> Sight:
    """Look at every host, side by side; one that fails is a value and stops no other.

    What an earlier run left at work is awaited, so that nothing changes under the plan.
    """
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(_look(name, one)) for name, one in transports.items()}
    results = {name: task.result() for name, task in tasks.items()}
    return Sight(
        seen={name: one for name, one in results.items() if isinstance(one, Seen)},
        failures={name: one for name, one in results.items() if isinstance(one, KuberryError)},
    )


async def _look(name: str, transport: Transport) -> Seen | KuberryError:
    try:
        seen, is_old = await _look_once(name, transport)
        return (await _look_once(name, transport))[0] if is_old else seen
    except KuberryError as error:
        return error


async def _look_once(name: str, transport: Transport) -> tuple[Seen, bool]:
    """Return what is seen in one round trip, and whether something was still at work then."""
    try:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(wait_for_leftovers(transport))
            facts = group.create_task(gather(transport, versions=False))
            installed = group.create_task(look(transport))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    seen = Seen(name=name, facts=facts.result(), installed=installed.result())
    return seen, waiting.result()
