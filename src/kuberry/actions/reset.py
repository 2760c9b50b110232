"""reset: hosts → connected → locked → seen → brought back → compared → forgotten."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from kuberry.actions.compare import compare, proof
from kuberry.actions.look import look_at_cluster
from kuberry.actions.reports import not_reached
from kuberry.actions.told import tell_hosts
from kuberry.distributions.leaving import Terms
from kuberry.distributions.registry import distribution_of
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.distributions.traces import forget
from kuberry.engine.execute import execute
from kuberry.engine.lock import locked
from kuberry.engine.means import Means
from kuberry.errors import CommandFailed, KuberryError, TransportError
from kuberry.model.bundle import Artifact
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice, Phase
from kuberry.model.finding import Finding, Outcome, ProbeResult
from kuberry.model.host import Host
from kuberry.model.operator import Operator
from kuberry.model.plan import Plan
from kuberry.model.removal import HostRemoval, ResetPlan
from kuberry.model.report import LEFT_BEHIND, HostReport, RunReport
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Transport


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """What is to be taken out of a cluster.

    Attributes:
        hosts: Those that leave, and those that stay, as far as they have to forget them.
        leaving: Names of those that leave, in the user's order.
        skip_unreachable: Go on without hosts that cannot be reached.
        operator: Whom the locks of the hosts name.
        terms: On which terms hosts leave.
        lets_go: Leaving hosts that cannot be reached are taken out of the cluster, too.
    """

    cluster: Cluster
    hosts: tuple[Host, ...]
    leaving: tuple[str, ...]
    options: ConnectOptions
    emit: Emit
    skip_unreachable: bool
    operator: Operator
    terms: Terms = dataclasses.field(default_factory=Terms)
    lets_go: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether nothing of the cluster stays."""
        return set(self.cluster.hosts) <= set(self.leaving)


@dataclasses.dataclass(frozen=True, slots=True)
class _Ready:
    """Where a run stands before its first step; without a plan the failures stand in the way.

    Attributes:
        dead: Those that are taken out of the cluster without being reached.
    """

    transports: dict[str, Transport]
    seen: dict[str, Seen]
    failures: tuple[HostReport, ...]
    plan: Plan | None
    dead: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Proof:
    probes: tuple[ProbeResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: KuberryError | None = None

    @property
    def holds(self) -> bool:
        return self.failure is None and all(one.outcome is Outcome.OK for one in self.probes)


async def plan(work: Work) -> ResetPlan:
    """Return what `reset` would do, without doing it."""
    async with _ready(work, lock=False) as ready:
        return ResetPlan(
            cluster=work.cluster,
            leaving=tuple(_removal(one) for one in _leaving(work, ready)),
            plan=ready.plan,
            failures=ready.failures,
            forgets=work.is_whole and not ready.failures,
        )


async def reset(work: Work) -> RunReport:
    """Bring the leaving hosts back to what they were before us, and prove it.

    What went wrong on hosts is in the report, never raised. Our records on a host are removed only
    when it is proven, so that the same line can try again.
    """
    started, zero = datetime.now(UTC), time.monotonic()
    async with _ready(work, lock=True) as ready:
        reports, proofs = ready.failures, {}
        if ready.plan is not None:
            means = _means(work, ready, zero)
            done = {one.host: one for one in await execute(ready.plan, means)}
            _tell_of_boots(work, ready)
            proofs = await _prove(work, ready, done)
            clean = [name for name in proofs if proofs[name].holds]
            last = await execute(forget(clean), means) if clean else ()
            if ready.dead and done[work.cluster.control_plane].ok:
                reports = tuple(_left_behind(one, ready.dead) for one in reports)
            reports += tuple(_together(done, last, proofs))
        return RunReport(
            command=work.operator.command,
            cluster=work.cluster,
            started=started,
            duration_s=time.monotonic() - zero,
            hosts=reports,
            findings=tuple(one for proof in proofs.values() for one in proof.findings),
            probes=tuple(one for proof in proofs.values() for one in proof.probes),
        )


@asynccontextmanager
async def _ready(work: Work, *, lock: bool) -> AsyncIterator[_Ready]:
    work.emit(Phase(name="connect", message=f"connecting to {len(work.hosts)} hosts"))
    async with connect_all(work.hosts, work.options, work.emit) as connections:
        transports = {one.host.name: one for one in connections.transports}
        failed: dict[str, KuberryError] = {host.name: error for host, error in connections.failures}
        wanted = transports if lock and not _in_the_way(work, failed) else {}
        async with locked(wanted, work.operator, work.emit) as (locks, busy):
            if busy or _in_the_way(work, failed):
                yield _Ready(transports, {}, not_reached(failed | busy), None)
                return
            work.emit(Phase(name="facts", message="looking at the hosts"))
            sight = await look_at_cluster(work.cluster, transports, locks, work.emit, work.leaving)
            tell_hosts(sight.seen, work.emit)
            yield _planned(work, transports, sight.seen, failed | sight.failures)


def _in_the_way(work: Work, failed: Mapping[str, KuberryError]) -> bool:
    """Return whether the run must not go on without the hosts that failed."""
    dead = {name for name, error in failed.items() if isinstance(error, TransportError)}
    stops = failed.keys() - dead if work.lets_go else failed.keys()
    return not work.skip_unreachable and any(name in stops for name in work.leaving)


def _planned(
    work: Work,
    transports: dict[str, Transport],
    seen: dict[str, Seen],
    failed: dict[str, KuberryError],
) -> _Ready:
    for name in work.leaving:
        if name in seen and _is_unrecorded(seen[name]):
            failed[name] = _unrecorded(name)
            del seen[name]
    for name, error in failed.items():
        if name not in work.leaving:
            message = f"does not hear that others leave: {error.message}"
            work.emit(Notice(host=name, message=message))
    failures = {name: error for name, error in failed.items() if name in work.leaving}
    if _in_the_way(work, failures):
        return _Ready(transports, seen, not_reached(failures), None)
    dead = tuple(failures) if work.lets_go else ()
    terms = dataclasses.replace(work.terms, dead=dead)
    try:
        todo = distribution_of(work.cluster).remove(work.cluster, seen, work.leaving, terms)
    except NotSeen as error:
        reason = CommandFailed(str(error), command="facts", exit_status=0, stderr="")
        return _Ready(transports, seen, not_reached(dict.fromkeys(work.leaving, reason)), None)
    return _Ready(transports, seen, not_reached(failures), todo, dead)


def _is_unrecorded(host: Seen) -> bool:
    there = host.installed
    return not there.is_recorded and bool(there.files or there.units or there.added_packages)


def _unrecorded(name: str) -> KuberryError:
    error = CommandFailed(
        "how it was before kuberry came was not noted here: it cannot be brought back",
        command="before",
        exit_status=0,
        stderr="",
        host=name,
    )
    error.remedy = "install the host anew; its old state is known to nobody"
    return error


def _tell_of_boots(work: Work, ready: _Ready) -> None:
    """Say where files were put back that only a boot reads."""
    for host in _leaving(work, ready):
        if any(path.startswith("/boot/") for path in host.installed.files):
            message = "its boot files are put back; what they say holds from its next boot on"
            work.emit(Notice(host=host.name, message=f"{message}: sudo reboot"))


def _leaving(work: Work, ready: _Ready) -> Iterable[Seen]:
    return (ready.seen[name] for name in work.leaving if name in ready.seen)


def _removal(host: Seen) -> HostRemoval:
    there = host.installed
    return HostRemoval(
        host=host.name,
        files=tuple(sorted(there.files)),
        packages=tuple(sorted(there.added_packages)),
        units=tuple(sorted(there.units)),
        images=len(there.images),
        is_clean=not there.is_ours,
    )


def _means(work: Work, ready: _Ready, zero: float) -> Means:
    return Means(
        transports=ready.transports,
        reconnect={},
        fetch=_nothing,
        emit=work.emit,
        clock=lambda: time.monotonic() - zero,
    )


def _nothing(artifact: Artifact) -> Path:
    raise AssertionError(f"a reset brings nothing to a host: {artifact.name}")


async def _prove(work: Work, ready: _Ready, done: Mapping[str, HostReport]) -> dict[str, _Proof]:
    """Compare each host that was brought back with what it was, side by side."""
    ours = [one for one in _leaving(work, ready) if one.installed.is_ours and done[one.name].ok]
    if ours:
        work.emit(Phase(name="compare", message="comparing the hosts with what they were"))
    async with asyncio.TaskGroup() as group:
        tasks = {
            one.name: group.create_task(_proof(work.cluster, one, ready.transports[one.name]))
            for one in ours
        }
    return {name: task.result() for name, task in tasks.items()}


async def _proof(cluster: Cluster, host: Seen, transport: Transport) -> _Proof:
    if not host.installed.is_recorded:  # nothing was changed before it was noted
        return _Proof()
    try:
        probes, findings = proof(cluster, host, await compare(transport))
    except KuberryError as error:
        return _Proof(failure=error)
    return _Proof(probes, findings)


def _together(
    done: Mapping[str, HostReport], last: Iterable[HostReport], proofs: Mapping[str, _Proof]
) -> Iterable[HostReport]:
    """Yield how each host ended, its last step included."""
    ends = {one.host: one for one in last}
    for name, report in done.items():
        failure = proofs[name].failure if name in proofs else None
        if failure is not None:
            yield _failed(report, failure)
        elif name in ends:
            yield ends[name].model_copy(update={"steps": report.steps + ends[name].steps})
        else:
            yield report


def _left_behind(report: HostReport, dead: Collection[str]) -> HostReport:
    """Say of a dead host that it is out of the cluster, and what is left on it."""
    if report.host not in dead:
        return report
    message = "is out of the cluster; it could not be reached, so all that Kubernetes and kuberry "
    message += "keep is still on it, and switched on it would be a node again"
    remedy = f"flash it anew, or clean it when it is back: kuberry reset --hosts {report.host}"
    return report.model_copy(update={"code": LEFT_BEHIND, "message": message, "remedy": remedy})


def _failed(report: HostReport, error: KuberryError) -> HostReport:
    said = {"code": error.code, "message": error.message, "remedy": error.remedy}
    return report.model_copy(update={"ending": "failed", "failed_step": "compare", **said})
