"""Hosts whose disks are measured before etcd comes to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from kuberry.distributions.seen import Seen
from kuberry.errors import KuberryError
from kuberry.facts.flush import measure
from kuberry.model.cluster import Cluster
from kuberry.model.event import Emit, Phase
from kuberry.model.facts import Flush, Unknown
from kuberry.transports.transport import Transport


async def with_flush(
    cluster: Cluster, seen: Mapping[str, Seen], transports: Mapping[str, Transport], emit: Emit
) -> dict[str, Seen]:
    """Return *seen* with the disks of servers to be measured, where several will have etcd.

    Servers are left alone once they are some: there etcd itself is at work.
    """
    names = [name for name in cluster.servers if name in seen and _is_new(cluster, seen[name])]
    if not cluster.has_many_servers or not names:
        return dict(seen)
    emit(Phase(name="measure", message=f"measuring the disks of {len(names)} servers for etcd"))
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(_measure(transports[name])) for name in names}
    return {**seen, **{name: _told(seen[name], task.result()) for name, task in tasks.items()}}


def _is_new(cluster: Cluster, host: Seen) -> bool:
    record = host.installed.record
    return record is None or record.cluster != cluster.name


async def _measure(transport: Transport) -> Flush | str:
    try:
        return await measure(transport)
    except KuberryError as error:
        return error.message


def _told(host: Seen, found: Flush | str) -> Seen:
    if isinstance(found, Flush):
        changes: dict[str, object] = {"flush": found}
    else:
        unknown = Unknown(subject="flush", reason=found)
        changes = {"unknown": (*host.facts.unknown, unknown)}
    facts = host.facts.model_copy(update=changes)
    return Seen(name=host.name, facts=facts, installed=host.installed)
