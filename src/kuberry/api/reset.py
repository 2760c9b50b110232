"""Take hosts out of a cluster and bring them back to what they were."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kuberry.actions import reset as action
from kuberry.actions.access import take_access
from kuberry.api.hosts import resolve
from kuberry.api.operator import operator
from kuberry.clusters import Clusters, name_of
from kuberry.errors import UsageError
from kuberry.hostlist import fold
from kuberry.journal.keep import keep_run
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice, ignore
from kuberry.model.removal import ResetPlan
from kuberry.model.report import LEFT_BEHIND, RunReport
from kuberry.settings import Settings


async def reset(
    hosts: str | Sequence[str] | None = None,
    *,
    cluster: str | None = None,
    skip_unreachable: bool = False,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> RunReport:
    """Bring *hosts* back to what they were before kuberry, and prove it; nobody is asked.

    What it takes away is gone: the data of the cluster, its images, the packages that came with it.

    Args:
        hosts: One host expression, or several; ``None`` means all of the cluster.
        cluster: Its name; ``None`` means that of *hosts*, or the last one.
        skip_unreachable: Go on without hosts that cannot be reached; they stay in the cluster.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what happens.

    Returns:
        How it ended; its probes say, host by host, what is as it was before.

    Raises:
        UsageError: The request itself is wrong.
    """
    where = settings or Settings()
    work = work_for(hosts, cluster, options, where, emit)
    work = dataclasses.replace(work, skip_unreachable=skip_unreachable)
    return await carry_out(work, "reset", where)


async def carry_out(work: action.Work, command: str, settings: Settings) -> RunReport:
    """Do *work*, keep the run as one of *command*, and remember what is left of the cluster."""
    async with keep_run(settings.journal_file, command, work.cluster, work.emit) as run:
        work = dataclasses.replace(work, emit=run.emit, operator=operator(command, run.id))
        report = run.report(await action.reset(work))
        remember(work, report, settings, run.emit)
    return report


async def plan(
    hosts: str | Sequence[str] | None = None,
    *,
    cluster: str | None = None,
    skip_unreachable: bool = False,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> ResetPlan:
    """Return what `reset` would do with the same arguments, without doing it.

    Raises:
        UsageError: The request itself is wrong.
    """
    work = work_for(hosts, cluster, options, settings or Settings(), emit)
    return await action.plan(dataclasses.replace(work, skip_unreachable=skip_unreachable))


def work_for(
    hosts: str | Sequence[str] | None,
    name: str | None,
    options: ConnectOptions | None,
    settings: Settings,
    emit: Emit,
) -> action.Work:
    """Return what is to be taken out of the cluster *name*, or of that of *hosts*.

    Raises:
        UsageError: The request itself is wrong.
    """
    clusters = Clusters(settings.clusters_dir)
    if hosts is None:
        known = clusters.load(name)
        leaving = list(known.hosts)
    else:
        leaving = [host.name for host in resolve(hosts, settings, emit)]
        known = clusters.load(name) if name else _of(leaving, clusters)
    _check(known, leaving)
    named = [*leaving, *(one for one in known.hosts if one not in leaving)]
    found = {host.name: host for host in resolve(hosts, settings)} if hosts else {}
    others = [one for one in named if one not in found]
    found |= {host.name: host for host in resolve(others, settings, emit)} if others else {}
    return action.Work(
        cluster=known,
        hosts=tuple(found[one] for one in named),
        leaving=tuple(leaving),
        options=options or ConnectOptions(),
        emit=emit,
        skip_unreachable=False,
        operator=operator("reset", "none: a dry run"),
    )


def _of(leaving: Sequence[str], clusters: Clusters) -> Cluster:
    """Return the remembered cluster that *leaving* belong to, else one of these hosts alone.

    Raises:
        UsageError: They belong to several.
    """
    all_known = (clusters.find(name) for name in clusters.names())
    found = [one for one in all_known if one and not set(one.hosts).isdisjoint(leaving)]
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise UsageError(
            f"{fold(leaving)} belong to several clusters: {names}",
            remedy="reset one after the other: kuberry reset --cluster NAME",
        )
    if found:
        return found[0]
    return Cluster(
        name=name_of(leaving),
        hosts=tuple(leaving),
        control_plane=leaving[0],
        control_plane_rule="none: this cluster is not remembered here",
        version="",
        bundle="",
    )


_FEWEST_SERVERS = 2
"""Of a cluster whose state is in etcd; two bear no loss, and are a way to exchange one of three."""


def _check(cluster: Cluster, leaving: Sequence[str]) -> None:
    staying = [name for name in cluster.hosts if name not in leaving]
    if staying and cluster.control_plane in leaving:
        raise UsageError(
            f"{cluster.control_plane} is the control plane of {cluster.name}: "
            f"without it {fold(staying)} are no cluster",
            remedy=f"reset all of it: kuberry reset --cluster {cluster.name}",
        )
    left = [name for name in cluster.servers if name in staying]
    if staying and cluster.has_many_servers and len(left) < _FEWEST_SERVERS:
        raise UsageError(
            f"of the servers {fold(cluster.servers)} only {fold(left)} would be left: "
            "with one member etcd bears no loss, and keeps its state on one disk",
            remedy=f"add a server first (--control-plane), or reset all of it: "
            f"kuberry reset --cluster {cluster.name}",
        )


def _tell_of_servers(before: Cluster, left: int, emit: Emit) -> None:
    """Say how many servers more may be lost, where one was taken out."""
    if left < len(before.servers):
        spare = (left - 1) // 2
        message = f"{left} servers are left: etcd bears the loss of {spare or 'none'} of them"
        emit(Notice(message=message if spare else f"{message}; add one (--control-plane)"))


def remember(work: action.Work, report: RunReport, settings: Settings, emit: Emit) -> None:
    """Take the hosts that left out of the wish; forget a cluster of which nothing is left."""
    clusters = Clusters(settings.clusters_dir)
    known = clusters.find(work.cluster.name)
    unproven = {one.where for one in report.probes if one.outcome == "fail"}
    clean = {one.host for one in report.hosts if one.ok and one.host not in unproven}
    left = clean & set(work.leaving)
    left |= {one.host for one in report.hosts if one.code == LEFT_BEHIND}
    if known is None or not left & set(known.hosts):
        return
    staying = tuple(name for name in known.hosts if name not in left)
    if staying and work.is_whole:
        return  # the same line goes on with them
    if staying:
        servers = tuple(name for name in known.more_servers if name in staying)
        clusters.save(known.model_copy(update={"hosts": staying, "more_servers": servers}))
        _tell_of_servers(known, len(servers) + 1, emit)
        return
    clusters.forget(known.name)
    access = take_access(known.name, settings.kubeconfig)
    if access.changed:
        emit(Notice(message=f"{access.context} is no longer in {access.file}"))
