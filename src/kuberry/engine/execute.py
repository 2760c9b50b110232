"""A plan on its hosts: side by side, each at its own pace; a failure is an outcome."""

from __future__ import annotations

import asyncio
import dataclasses

from kuberry.engine.fanout.arrivals import Arrivals
from kuberry.engine.fanout.supply import passed_on
from kuberry.engine.means import Means
from kuberry.engine.redact import redact
from kuberry.engine.steps import Worker
from kuberry.engine.values import Blocked, Values
from kuberry.errors import CommandFailed, KuberryError
from kuberry.model.edges import edges_of, receivers_of
from kuberry.model.event import HostEnded, PlanStarted, StepFailed, StepFinished, StepStarted
from kuberry.model.plan import HostPlan, LoadImages, Plan, PowerOff, Reboot, Step
from kuberry.model.report import Ending, HostReport, StepReport

_LONGEST_OUTPUT = 4000
_Failed = tuple[Step, KuberryError | Blocked]


async def execute(plan: Plan, means: Means) -> tuple[HostReport, ...]:
    """Do *plan* and return how each host ended, in the plan's order.

    Only a bug of ours or cancellation raises: one host's failure never stops its siblings, except
    those that wait for a value of it, which end as ``blocked``.
    """
    values = Values(plan)
    means.emit(
        PlanStarted(
            plan=plan.title,
            steps={one.host: len(one.steps) for one in plan.hosts},
            step_ids={one.host: tuple(step.id for step in one.steps) for one in plan.hosts},
            bytes_to_send={one.host: one.bytes_to_send for one in plan.hosts},
            edges=edges_of(plan),
            receivers=receivers_of(plan),
        )
    )
    async with passed_on(plan, means) as arrivals, asyncio.TaskGroup() as group:
        scene = _Scene(plan.title, means, values, arrivals)
        tasks = [group.create_task(_host(one, scene)) for one in plan.hosts]
    return tuple(task.result() for task in tasks)


@dataclasses.dataclass(frozen=True, slots=True)
class _Scene:
    """What all hosts of a plan have in common while it is done."""

    title: str
    means: Means
    values: Values
    arrivals: Arrivals | None


async def _host(plan: HostPlan, scene: _Scene) -> HostReport:
    course = _Course(plan, scene)
    try:
        failed = await course.run()
    finally:
        scene.values.end(plan.host)
    done = tuple(sorted(course.done, key=lambda one: one.started_s))
    if failed is not None:
        return _ended(scene.means, _failed(plan.host, *failed, scene.values, done), failed[0])
    ending: Ending = "done" if done else "unchanged"
    return _ended(scene.means, HostReport(host=plan.host, ending=ending, steps=done))


class _Course:
    """One host's way through its plan: step by step, and images beside the steps after them.

    Attributes:
        done: The steps that have ended.
    """

    def __init__(self, plan: HostPlan, scene: _Scene) -> None:
        self.done: list[StepReport] = []
        self._plan, self._scene = plan, scene
        self._beside: asyncio.Task[_Failed | None] | None = None

    async def run(self) -> _Failed | None:
        """Do the steps; return the one that failed, and how."""
        try:
            failed = await self._in_order()
            if failed is not None and not isinstance(failed[1], Blocked):
                return failed
            # Who waits for images that failed is blocked by that: the cause comes first.
            return (await self._beside if self._beside else None) or failed
        finally:
            if self._beside is not None:
                self._beside.cancel()
                await asyncio.wait([self._beside])

    async def _in_order(self) -> _Failed | None:
        for step in self._plan.steps:
            if isinstance(step, LoadImages):
                self._beside = asyncio.create_task(self._after(self._beside, step))
                continue
            if isinstance(step, Reboot | PowerOff) and self._beside is not None:
                failed = await self._beside  # no import survives a boot
                if failed is not None:
                    return failed
            failure = await self._step(step)
            if failure is not None:
                return step, failure
        return None

    async def _after(
        self, one_before: asyncio.Task[_Failed | None] | None, step: Step
    ) -> _Failed | None:
        """Do *step* when the one before it is done; archives share a disk, and go one by one."""
        failed = await one_before if one_before else None
        if failed is None:
            failure = await self._step(step)
            failed = None if failure is None else (step, failure)
        if failed is not None:
            self._scene.values.end(self._plan.host)  # what waits for it here waits no longer
        return failed

    async def _step(self, step: Step) -> KuberryError | Blocked | None:
        return await _step(self._plan.host, step, self._scene, self.done)


async def _step(
    host: str, step: Step, scene: _Scene, done: list[StepReport]
) -> KuberryError | Blocked | None:
    means = scene.means
    started = means.clock()
    means.emit(StepStarted(host=host, step=step.id, title=step.title))
    worker = Worker(host, means, scene.values, scene.arrivals)
    failure: KuberryError | Blocked | None = None
    try:
        await means.ready(host)
        await worker.do(step)
    except (KuberryError, Blocked) as error:
        failure = error
    ended = means.clock()
    done.append(
        StepReport(
            id=step.id,
            title=step.title,
            plan=scene.title,
            started_s=started,
            ended_s=ended,
            bytes_sent=worker.bytes_sent,
            ok=failure is None,
        )
    )
    if failure is None:
        means.emit(
            StepFinished(host=host, step=step.id, title=step.title, duration_s=ended - started)
        )
    return failure


def _failed(
    host: str,
    step: Step,
    failure: KuberryError | Blocked,
    values: Values,
    done: tuple[StepReport, ...],
) -> HostReport:
    secrets = values.known()
    output = failure.stderr if isinstance(failure, CommandFailed) else ""
    known = failure if isinstance(failure, KuberryError) else None
    return HostReport(
        host=host,
        ending="failed" if known else "blocked",
        steps=done,
        failed_step=step.title,
        code=known.code if known else "blocked",
        message=redact(known.message if known else str(failure), secrets),
        remedy=known.remedy if known else "",
        output=redact(output[-_LONGEST_OUTPUT:], secrets),
    )


def _ended(means: Means, report: HostReport, step: Step | None = None) -> HostReport:
    if step is not None:
        means.emit(
            StepFailed(
                host=report.host,
                step=step.id,
                title=step.title,
                code=report.code,
                message=report.message,
                remedy=report.remedy,
            )
        )
    means.emit(HostEnded(host=report.host, ending=report.ending))
    return report
