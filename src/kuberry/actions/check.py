"""check: hosts → connected → seen → checked; nothing is changed, and nobody is waited for."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

from kuberry import preflight
from kuberry.actions.flushing import with_flush
from kuberry.actions.prepare import for_cluster, remaining
from kuberry.distributions.seen import Seen
from kuberry.errors import KuberryError, SudoFailed
from kuberry.facts.controller import Places, look_at_controller
from kuberry.facts.gather import gather
from kuberry.facts.installed import look
from kuberry.hostlist import fold
from kuberry.model.bundle import Bundle
from kuberry.model.check import CheckReport, NotChecked
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Phase
from kuberry.model.finding import Finding, Severity
from kuberry.model.host import Host
from kuberry.model.installed import Installed
from kuberry.model.preparation import Preparation
from kuberry.model.status import Problem
from kuberry.platforms.prepare import prepare
from kuberry.transports.pool import Connection, connect_all

_BY_ITSELF = "kuberry deploy puts that right by itself, with a reboot where one is needed"
_NOT_LOOKED_AT = Installed(
    packages={},
    files={},
    units={},
    images=frozenset(),
    record=None,
    hosts_file="",
    initialised=False,
    joined=False,
    nodes=None,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """What is to be checked.

    Attributes:
        bundle: ``None`` leaves out what rests on one.
        places: Where this machine keeps what kuberry needs.
        ignore: Codes of findings that are only recorded.
        preparation: What deploy may change beyond what is needed.
    """

    cluster: Cluster
    hosts: tuple[Host, ...]
    bundle: Bundle | None
    places: Places
    ignore: tuple[str, ...]
    options: ConnectOptions
    emit: Emit
    preparation: Preparation = dataclasses.field(default_factory=Preparation)


async def check(work: Work) -> CheckReport:
    """Check the hosts that can be reached, and this machine; the others are in the report."""
    who = fold(one.name for one in work.hosts)
    work.emit(Phase(name="connect", message=f"connecting to {who}"))
    controller = await look_at_controller(work.places)
    async with connect_all(work.hosts, work.options, work.emit) as connections:
        rows = await _see_all(connections.all, work.options.concurrency)
        seen = {one.name: one for one in rows if isinstance(one, Seen)}
        transports = {one.host.name: one for one in connections.transports}
        seen = await with_flush(work.cluster, seen, transports, work.emit)
    return CheckReport(
        taken_at=datetime.now(UTC),
        cluster=work.cluster,
        bundle=work.bundle.name if work.bundle else "",
        hosts=tuple(seen),
        unreachable=tuple(one for one in rows if isinstance(one, NotChecked)),
        findings=(
            *_of_hosts(work, seen),
            *preflight.run_controller(controller, ignore=work.ignore),
        ),
        ignored=work.ignore,
        controller=controller,
    )


def _of_hosts(work: Work, seen: dict[str, Seen]) -> tuple[Finding, ...]:
    """Return the findings of the hosts; what deploy puts right by itself is only told."""
    findings = preflight.run(work.cluster, seen, work.bundle, ignore=work.ignore)
    prepared = prepare(seen, for_cluster(work.preparation, work.cluster))
    left = {(one.code, one.host, one.proof): one for one in remaining(findings, prepared)}
    return tuple(
        left.get((one.code, one.host, one.proof))
        or one.model_copy(update={"severity": Severity.INFO, "remedy": _BY_ITSELF})
        for one in findings
    )


async def _see_all(
    connections: Sequence[Connection], concurrency: int
) -> tuple[Seen | NotChecked, ...]:
    turns = asyncio.Semaphore(concurrency)

    async def row(connection: Connection) -> Seen | NotChecked:
        async with turns:
            return await _see(connection)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(row(one)) for one in connections]
    return tuple(task.result() for task in tasks)


async def _see(connection: Connection) -> Seen | NotChecked:
    name, transport = connection.host.name, connection.result
    if isinstance(transport, KuberryError):
        return _not_checked(name, transport)
    try:
        facts = await gather(transport)
        try:
            installed = await look(transport)
        except SudoFailed:  # KB206 says so
            installed = _NOT_LOOKED_AT
    except KuberryError as error:
        return _not_checked(name, error)
    return Seen(name=name, facts=facts, installed=installed)


def _not_checked(name: str, error: KuberryError) -> NotChecked:
    problem = Problem(code=error.code, message=error.message, remedy=error.remedy)
    return NotChecked(host=name, problem=problem)
