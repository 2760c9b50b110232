"""Laws of a batch queue, for the stand-in and for a real cluster alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from kuberry.kube.client import Kube
from kuberry.model.event import Emit, ignore
from kuberry.model.job import JobWish, Task
from kuberry.model.queue import QueueReport
from kuberry.queueing import use
from kuberry.queueing.install import install
from kuberry.queueing.queue import Queue

_PATIENCE_S = 60.0


async def it_comes_and_is_left_alone(
    kube: Kube,
    boards: Mapping[str, str | None],
    release: Sequence[dict[str, Any]],
    emit: Emit = ignore,
) -> QueueReport:
    """It comes once; the same again changes nothing; its status is what was planned."""
    first = await install(kube, boards, release, timeout_s=300, emit=emit)
    again = await install(kube, boards, release, timeout_s=300, emit=emit)
    status = await use.status(kube)

    assert (first.outcome, again.outcome, again.changes) == ("done", "unchanged", ())
    assert (status.ready, status.problem, status.api) == (True, "", first.plan.api)
    planned = {(one.name, one.cpu_millicores) for one in again.plan.classes}
    assert {(one.name, one.cpu_millicores) for one in status.classes} == planned
    return first


async def what_has_no_room_waits_and_says_why(kube: Kube, image: str) -> None:
    """A task that fits in no quota waits in the queue; an array begins with what has room."""
    queue = Queue(kube)
    assert await queue.queueing() == "queued"
    for one in (wish("big", image, cpus="999"), wish("many", image, array=(1, 500))):
        await queue.submit(one, queueing="queued")
    try:
        await _until(queue, "big", "insufficient quota")
        await _until(queue, "many", "tasks at a time")
        status = await use.status(kube)
        assert (status.pending, status.admitted) == (1, 1)
        assert sum(one.used_cpu_millicores for one in status.classes) > 0
    finally:
        for name in ("big", "many"):
            await queue.cancel(name)


async def _until(queue: Queue, name: str, words: str) -> None:
    """Return when a waiting task of job *name* says *words*."""
    tasks: tuple[Task, ...] = ()
    async with asyncio.timeout(_PATIENCE_S):
        while not any(task.state == "waiting" and words in task.why for task in tasks):
            tasks = (await queue.status(name)).tasks
            await asyncio.sleep(0.2)


def wish(name: str, image: str, **more: Any) -> JobWish:
    """Return a wish of a task that sleeps, with one core."""
    known = {"name": name, "command": ("sleep", "600"), "image": image, "cpus": "1"}
    return JobWish.model_validate(known | {"memory": "16Mi"} | more)
