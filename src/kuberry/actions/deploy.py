"""deploy: hosts → connected → seen → checked → made fit → planned → done → proven."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from kuberry import preflight
from kuberry.actions.dead import dead_reports, in_order, in_the_way
from kuberry.actions.flushing import with_flush
from kuberry.actions.heat import Ready, Thermostat, with_heat
from kuberry.actions.look import look_at_cluster
from kuberry.actions.prepare import for_cluster, remaining, together
from kuberry.actions.preview import file_changes
from kuberry.actions.told import tell_bundle, tell_hosts, tell_rule
from kuberry.distributions.registry import distribution_of
from kuberry.distributions.seen import Seen
from kuberry.engine.execute import execute
from kuberry.engine.lock import Locks, locked
from kuberry.engine.means import Fetch, Means
from kuberry.errors import KuberryError
from kuberry.facts.controller import Places, look_at_controller
from kuberry.hostlist import fold
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice, Phase
from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
from kuberry.model.heat import Hot
from kuberry.model.host import Host
from kuberry.model.operator import Operator
from kuberry.model.plan import FanOut, Plan
from kuberry.model.preparation import Preparation, Prepared
from kuberry.model.report import FileChange, HostReport, PlanReport, RunReport
from kuberry.model.sighting import HostsChecked
from kuberry.platforms import prepare
from kuberry.transports.pool import Connections, connect_all
from kuberry.transports.transport import Transport

Prove = Callable[[Cluster, Mapping[str, Transport], Emit], Awaitable[tuple[ProbeResult, ...]]]
Access = Callable[[Cluster, Transport], Awaitable[str]]
"""Gives the user access to a cluster by its control plane; returns the kubeconfig context."""


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """What is to be deployed, and with what.

    Attributes:
        hosts: In the user's order; their names are those of the cluster.
        fetch: Finds the verified file of an artifact of *bundle*.
        access: ``None`` leaves the user's kubeconfig as it is.
        prove: Asks the running cluster; ``None`` leaves that out.
        operator: Whom the locks of the hosts name; a dry run needs none.
        ignore: Codes of checks whose findings are only recorded.
        hot: What to do when a host slows itself down for heat.
        preparation: What may be changed on hosts beyond what is needed.
        proves_unchanged: Ask it to prove itself, too, where nothing was to do.
        skip_unreachable: Go on without workers that cannot be reached.
        fan_out: How artifacts get to several hosts.
        remember: Is given the wish when it is accepted, before the first change: however the run
            ends, the next one knows what was begun.
        places: Where this machine keeps what kuberry needs; ``None`` leaves this machine unchecked.
    """

    cluster: Cluster
    hosts: tuple[Host, ...]
    bundle: Bundle
    fetch: Fetch
    options: ConnectOptions
    emit: Emit
    access: Access | None
    prove: Prove | None
    operator: Operator
    ignore: tuple[str, ...] = ()
    hot: Hot = "warn"
    preparation: Preparation = dataclasses.field(default_factory=Preparation)
    proves_unchanged: bool = False
    skip_unreachable: bool = False
    fan_out: FanOut = "chain"
    remember: Callable[[Cluster], None] = lambda _: None
    places: Places | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Ready:
    """Where a run stands before its first step; of hosts that *failed* nothing is known."""

    connections: Connections
    transports: dict[str, Transport]
    seen: dict[str, Seen]
    failed: dict[str, KuberryError]
    unreachable: tuple[HostReport, ...]
    findings: tuple[Finding, ...]
    plan: Plan | None
    locks: Locks
    prepared: Prepared


async def plan(work: Work) -> PlanReport:
    """Return what `deploy` would do, without doing it."""
    async with _ready(work, lock=False) as ready:
        changes: tuple[FileChange, ...] = ()
        for todo in (ready.prepared.plan, ready.plan) if ready.plan else ():
            changes += await file_changes(todo, ready.transports)
        return PlanReport(
            cluster=work.cluster,
            findings=ready.findings,
            prepare=ready.prepared.plan if ready.plan else None,
            plan=ready.plan,
            files=changes,
            unreachable=ready.unreachable,
        )


async def deploy(work: Work) -> RunReport:
    """Make the hosts the cluster that is wished for, and prove it.

    What went wrong on hosts is in the report, never raised.
    """
    started, zero = datetime.now(UTC), time.monotonic()
    tell_rule(work.cluster, work.emit)
    async with _ready(work, lock=True) as looked:
        if looked.plan is not None:
            work.remember(work.cluster)
        ready, fit = await _made_fit(work, looked, zero)
        hosts, context = (*ready.unreachable, *fit), ""
        probes: tuple[ProbeResult, ...] = ()
        if ready.plan is not None:
            done = await _execute(ready.plan, work, _means(work, ready, zero))
            out = (one for one in fit if one.host not in {other.host for other in done})
            hosts = in_order(work.cluster, (*ready.unreachable, *out, *together(fit, done)))
            if _is_up(work.cluster, hosts):
                context = await _access(work, ready)
                probes = await _prove(work, ready, hosts)
        return RunReport(
            command=work.operator.command,
            cluster=work.cluster,
            started=started,
            duration_s=time.monotonic() - zero,
            hosts=hosts,
            findings=ready.findings,
            probes=probes,
            context=context,
        )


@asynccontextmanager
async def _ready(work: Work, *, lock: bool) -> AsyncIterator[_Ready]:
    work.emit(
        Phase(name="connect", message=f"connecting to {fold(one.name for one in work.hosts)}")
    )
    async with connect_all(work.hosts, work.options, work.emit) as connections:
        transports = {one.host.name: one for one in connections.transports}
        failed: dict[str, KuberryError] = {host.name: error for host, error in connections.failures}
        stops = in_the_way(work.cluster, failed, skips=work.skip_unreachable)
        wanted = transports if lock and not stops else {}
        async with locked(wanted, work.operator, work.emit) as (locks, busy):
            nothing = Prepared(plan=Plan(title="prepare", hosts=()))
            ready = _Ready(connections, transports, {}, {}, (), (), None, locks, nothing)
            yield await _see(work, ready, failed | busy)


async def _see(
    work: Work, ready: _Ready, failed: dict[str, KuberryError], *, fit: bool = False
) -> _Ready:
    """Look at the hosts and plan; where one stands in the way, only say so.

    Args:
        fit: The hosts have been prepared: what is still wrong now stays so, and one that is lost
            now stops no other.
    """
    skips = work.skip_unreachable or fit
    seen: dict[str, Seen] = {}
    if not in_the_way(work.cluster, failed, skips=skips):
        work.emit(Phase(name="facts", message="looking at the hosts"))
        sight = await look_at_cluster(work.cluster, ready.transports, ready.locks, work.emit)
        failed, seen = failed | sight.failures, sight.seen
        tell_hosts(seen, work.emit)
        seen = await with_flush(work.cluster, seen, ready.transports, work.emit)
    findings: tuple[Finding, ...] = ()
    todo: Plan | None = None
    prepared = ready.prepared
    stops = in_the_way(work.cluster, failed, skips=skips)
    if not stops and not fit:
        prepared = prepare(seen, for_cluster(work.preparation, work.cluster))
    if not stops:
        for name in failed:
            work.emit(Notice(host=name, message="cannot be reached, and is left for later"))
        findings = preflight.run(work.cluster, seen, work.bundle, ignore=work.ignore)
        if not fit:
            findings = (*remaining(findings, prepared), *await _of_this_machine(work))
        tell_bundle(work.bundle, work.emit)
        work.emit(HostsChecked(findings=findings))
        refused = any(one.severity is Severity.ERROR for one in findings)
        todo = None if refused else _install(work, seen)
    return dataclasses.replace(
        ready,
        seen=seen,
        failed=failed,
        unreachable=dead_reports(work.cluster, failed, stops),
        findings=findings,
        plan=todo,
        prepared=prepared,
    )


async def _made_fit(
    work: Work, ready: _Ready, zero: float
) -> tuple[_Ready, tuple[HostReport, ...]]:
    """Prepare the hosts, look at them again and plan anew; without steps nothing of that.

    A worker that fails here is out of this run, and stops no other.
    """
    if ready.plan is None or ready.prepared.plan.is_empty:
        return ready, ()
    work.emit(Phase(name="prepare", message="making the hosts fit"))
    done = await _execute(ready.prepared.plan, work, _means(work, ready, zero))
    out = {one.host for one in done if not one.ok}
    if work.cluster.control_plane in out:
        return dataclasses.replace(ready, plan=None), done
    left = {name: one for name, one in ready.transports.items() if name not in out}
    again = await _see(work, dataclasses.replace(ready, transports=left), ready.failed, fit=True)
    lost = {one.host for one in again.unreachable}
    return again, tuple(one for one in done if one.host not in lost)


async def _of_this_machine(work: Work) -> tuple[Finding, ...]:
    """Return what of this machine stands in the way; `check` tells the rest."""
    if work.places is None:
        return ()
    found = preflight.run_controller(await look_at_controller(work.places), ignore=work.ignore)
    return tuple(one for one in found if one.severity is Severity.ERROR)


def _install(work: Work, seen: Mapping[str, Seen]) -> Plan:
    return distribution_of(work.cluster).install(work.cluster, seen, work.bundle)


def _means(work: Work, ready: _Ready, zero: float) -> Means:
    def again(host: Host) -> Callable[[], Awaitable[Transport]]:
        return lambda: ready.connections.reconnect(host)

    return Means(
        transports=ready.transports,
        reconnect={host.name: again(host) for host in work.hosts},
        fetch=work.fetch,
        emit=work.emit,
        clock=lambda: time.monotonic() - zero,
        locks=ready.locks,
        fan_out=work.fan_out,
    )


async def _execute(todo: Plan, work: Work, means: Means) -> tuple[HostReport, ...]:
    """Do the plan, with an eye on the heat of its hosts."""

    async def do(ready: Ready) -> tuple[HostReport, ...]:
        return await execute(todo, dataclasses.replace(means, ready=ready))

    if todo.is_empty:
        return await execute(todo, means)
    return await with_heat(means.transports, Thermostat(policy=work.hot), work.emit, do)


async def _access(work: Work, ready: _Ready) -> str:
    if work.access is None:
        return ""
    return await work.access(work.cluster, ready.transports[work.cluster.control_plane])


async def _prove(
    work: Work, ready: _Ready, hosts: tuple[HostReport, ...]
) -> tuple[ProbeResult, ...]:
    """Prove a cluster that was changed; one that was not was seen to be Ready."""
    if not all(one.ok for one in hosts):
        return ()
    if not any(one.steps for one in hosts) and not (work.proves_unchanged and work.prove):
        return (_seen_ready(work),)
    if work.prove is None:
        return ()
    work.emit(Phase(name="verify", message="asking the cluster to prove itself"))
    return await work.prove(work.cluster, ready.transports, work.emit)


def _is_up(cluster: Cluster, hosts: tuple[HostReport, ...]) -> bool:
    return any(one.ok for one in hosts if one.host == cluster.control_plane)


def _seen_ready(work: Work) -> ProbeResult:
    """Say what a plan without a step rests on: no node was seen that is not Ready."""
    return ProbeResult(
        id="nodes.ready",
        outcome=Outcome.OK,
        title="all nodes were seen Ready",
        detail=fold(work.cluster.hosts),
    )
