"""Jobs: wait for their end, fetch what they left, take them away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kuberry.errors import KuberryError, VerifyFailed
from kuberry.model.job import Fetched, JobStatus, Results, Task
from kuberry.queueing import results
from kuberry.queueing.queue import Queue
from kuberry.transports.transport import Transport

_PAUSE_S = 1.0
Told = Callable[[JobStatus], None]


async def wait(queue: Queue, name: str, told: Told, *, timeout_s: float | None) -> JobStatus:
    """Return the job *name* when nothing of it will run any more.

    Args:
        told: Is given the job each time something has changed.
        timeout_s: Seconds to wait; ``None`` waits as long as it takes.

    Raises:
        UsageError: There is no such job, or it was taken away.
        VerifyFailed: It did not end in time; it goes on.
    """
    last = None
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                status = await queue.status(name)
                if status != last:
                    told(status)
                    last = status
                if status.has_ended:
                    return status
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise VerifyFailed(
            f"{name} has not ended within {timeout_s:g} s; it goes on",
            remedy=f"kuberry job wait {name}, or kuberry job list to see why",
        ) from None


async def by_node(transports: Sequence[Transport]) -> dict[str, Transport]:
    """Return *transports* by the names of their nodes; a host that does not answer is left out."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(results.node_of(one)) for one in transports]
    found = zip((task.result() for task in tasks), transports, strict=True)
    return {node: one for node, one in found if node is not None}


async def fetch(status: JobStatus, hosts: Mapping[str, Transport], target: Path) -> Results:
    """Write what each task that succeeded left to a directory of its own below *target*.

    One that cannot be fetched is told with the reason and stops no other.

    Args:
        hosts: The connections, by the name of the node.
    """
    done = [task for task in status.tasks if task.state == "succeeded"]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_fetch_of(node, done, status, hosts, target))
            for node in dict.fromkeys(task.node for task in done)
        ]
    found = {one.index: one for task in tasks for one in task.result()}
    return Results(job=status.wish.name, tasks=tuple(found[task.index] for task in done))


async def _fetch_of(
    node: str | None,
    done: list[Task],
    status: JobStatus,
    hosts: Mapping[str, Transport],
    target: Path,
) -> list[Fetched]:
    """Fetch from one node, task by task: they share its connection and its card."""
    return [
        await _fetch(task, status.wish.name, hosts.get(node or ""), target)
        for task in done
        if task.node == node
    ]


async def _fetch(task: Task, job: str, host: Transport | None, target: Path) -> Fetched:
    place = target if task.index is None else target / str(task.index)
    told = Fetched(index=task.index, node=task.node, directory=str(place))
    if host is None or task.pod is None:
        where = f"{task.node} cannot be reached" if task.node else "its node is not known any more"
        return told.model_copy(update={"problem": where})
    try:
        files = await results.fetch(host, job, task, place)
    except KuberryError as error:
        return told.model_copy(update={"problem": error.message})
    return told.model_copy(update={"files": files})
