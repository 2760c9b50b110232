"""All hosts looked at: what every plan begins with."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Collection, Mapping

from kuberry.distributions.seen import Seen
from kuberry.engine.lock import Locks
from kuberry.engine.unit import wait_for_leftovers
from kuberry.errors import KuberryError
from kuberry.facts.gather import gather
from kuberry.facts.installed import look, wait_for_api
from kuberry.model.cluster import Cluster
from kuberry.model.event import Emit, Notice
from kuberry.transports.transport import Transport

_API_S = 150
"""On a slow card etcd, and then the API server, need more than a minute after a boot."""
_UNITS = ("kubelet.service", "k3s.service")
"""Those that start an API server."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """What was seen, and of which hosts nothing; both by host name."""

    seen: dict[str, Seen]
    failures: dict[str, KuberryError]


async def look_at_cluster(
    cluster: Cluster,
    transports: Mapping[str, Transport],
    locks: Locks,
    emit: Emit,
    leaving: Collection[str] = (),
) -> Sight:
    """Look at every host; where the API server is on its way up, again when it is there.

    After a boot it takes its time, and what can be planned without it is not all that is to do.

    Args:
        leaving: Hosts that leave; with the control plane its API server does.
    """
    sight = await look_at_all(transports, locks)
    control_plane = cluster.control_plane
    host = sight.seen.get(control_plane)
    if host is None or control_plane in leaving or not _is_coming_up(host):
        return sight
    message = f"its API server does not answer yet, and is given up to {_API_S} s"
    emit(Notice(host=control_plane, message=message))
    try:
        answers = await wait_for_api(transports[control_plane], within_s=_API_S)
    except KuberryError:
        answers = True  # the host was lost, or hangs: that is seen at the second look
    return await look_at_all(transports, locks) if answers else sight


def _is_coming_up(host: Seen) -> bool:
    there = host.installed
    is_silent = there.initialised and there.nodes is None
    return is_silent and any(map(there.is_running, _UNITS))


async def look_at_all(transports: Mapping[str, Transport], locks: Locks) -> Sight:
    """Look at every host, side by side; one that fails is a value and stops no other.

    What an earlier run left at work is awaited, so that nothing changes under the plan.

    Args:
        locks: Hosts whose locks are not held are looked at, and nothing is touched there.
    """
    async with asyncio.TaskGroup() as group:
        tasks = {
            name: group.create_task(_look(one, clears=locks.holds(name)))
            for name, one in transports.items()
        }
    results = {name: task.result() for name, task in tasks.items()}
    return Sight(
        seen={name: one for name, one in results.items() if isinstance(one, Seen)},
        failures={name: one for name, one in results.items() if isinstance(one, KuberryError)},
    )


async def _look(transport: Transport, *, clears: bool) -> Seen | KuberryError:
    try:
        seen, is_old = await _look_once(transport, clears=clears)
        return (await _look_once(transport, clears=clears))[0] if is_old else seen
    except KuberryError as error:
        return error


async def _look_once(transport: Transport, *, clears: bool) -> tuple[Seen, bool]:
    """Return what is seen in one round trip, and whether something was still at work then."""
    try:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(wait_for_leftovers(transport, clears=clears))
            facts = group.create_task(gather(transport, versions=False))
            installed = group.create_task(look(transport))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    seen = Seen(name=transport.host.name, facts=facts.result(), installed=installed.result())
    return seen, waiting.result()
