"""A plan on its hosts: side by side, each at its own pace; a failure is an outcome."""

from __future__ import annotations

import asyncio

from kuberry.engine.means import Means
from kuberry.engine.redact import redact
from kuberry.engine.steps import Worker
from kuberry.engine.values import Blocked, Values
from kuberry.errors import CommandFailed, KuberryError
from kuberry.model.edges import edges_of, receivers_of
from kuberry.model.event import HostEnded, PlanStarted, StepFailed, StepFinished, StepStarted
from kuberry.model.plan import HostPlan, Plan, Step
from kuberry.model.report import Ending, HostReport, StepReport

_LONGEST_OUTPUT = 4000


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
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_host(one, plan.title, means, values)) for one in plan.hosts]
    return tuple(task.result() for task in tasks)


async def _host(plan: HostPlan, title: str, means: Means, values: Values) -> HostReport:
    done: list[StepReport] = []
    try:
        for step in plan.steps:
            failure = await _step(plan.host, step, title, means, values, done)
            if failure is not None:
                return _ended(means, _failed(plan.host, step, failure, values, done))
    finally:
        values.end(plan.host)
    ending: Ending = "done" if done else "unchanged"
    return _ended(means, HostReport(host=plan.host, ending=ending, steps=tuple(done)))


async def _step(
    host: str, step: Step, plan: str, means: Means, values: Values, done: list[StepReport]
) -> KuberryError | Blocked | None:
    started = means.clock()
    means.emit(StepStarted(host=host, step=step.id, title=step.title))
    worker = Worker(host, means, values)
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
            plan=plan,
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
    host: str, step: Step, failure: KuberryError | Blocked, values: Values, done: list[StepReport]
) -> HostReport:
    secrets = values.known()
    output = failure.stderr if isinstance(failure, CommandFailed) else ""
    known = failure if isinstance(failure, KuberryError) else None
    return HostReport(
        host=host,
        ending="failed" if known else "blocked",
        steps=tuple(done),
        failed_step=step.title,
        code=known.code if known else "blocked",
        message=redact(known.message if known else str(failure), secrets),
        remedy=known.remedy if known else "",
        output=redact(output[-_LONGEST_OUTPUT:], secrets),
    )


def _ended(means: Means, report: HostReport) -> HostReport:
    if report.ending in {"failed", "blocked"}:
        step = report.steps[-1]
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
