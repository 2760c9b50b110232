"""Take hosts into a cluster, and out of it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kuberry.actions import reset as action
from kuberry.api.deploy import Verify, Wanted, plan, work_for
from kuberry.api.deploy import carry_out as carry_out_deploy
from kuberry.api.hosts import resolve
from kuberry.api.reset import carry_out as carry_out_reset
from kuberry.api.reset import work_for as removal_of
from kuberry.clusters import Clusters
from kuberry.distributions.leaving import DRAIN_S, Terms
from kuberry.errors import UsageError
from kuberry.hostlist import fold
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.removal import ResetPlan
from kuberry.model.report import PlanReport, RunReport
from kuberry.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """How nodes leave.

    Attributes:
        drain_s: Seconds for their pods to end.
        force: Take them out, too, when pods stay, and when the host itself is dead.
    """

    drain_s: int = DRAIN_S
    force: bool = False


async def node_add(
    hosts: str | Sequence[str],
    *,
    wanted: Wanted | None = None,
    verify: Verify = "changed",
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> RunReport:
    """Take *hosts* into a cluster; one that was flashed anew under its old name rejoins.

    The other nodes are touched by one route each and a line in /etc/hosts.

    Args:
        hosts: One host expression, or several.
        wanted: Its name is that of the cluster; ``None`` means the last one.
        verify: Whether the cluster is asked to prove itself, as for `deploy`.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what happens.

    Returns:
        How it ended: what went wrong on hosts is in the report, not raised.

    Raises:
        UsageError: The request itself is wrong, or no such cluster is known here.
        BundleError: The bundle is missing or damaged.
    """
    where, wanted = settings or Settings(), wanted or Wanted()
    names, wanted = _with(hosts, wanted, where)
    work = await work_for(names, wanted, options, where, emit)
    return await carry_out_deploy(work, "node add", verify, where)


async def plan_node_add(
    hosts: str | Sequence[str],
    *,
    wanted: Wanted | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> PlanReport:
    """Return what `node_add` would do with the same arguments, without doing it.

    Raises:
        UsageError: The request itself is wrong, or no such cluster is known here.
        BundleError: The bundle is missing or damaged.
    """
    where = settings or Settings()
    names, wanted = _with(hosts, wanted or Wanted(), where)
    return await plan(names, wanted=wanted, options=options, settings=where, emit=emit)


def _with(
    hosts: str | Sequence[str], wanted: Wanted, settings: Settings
) -> tuple[list[str], Wanted]:
    """Return all hosts of the cluster, *hosts* last as they were said, and its name."""
    known = Clusters(settings.clusters_dir).load(wanted.name)
    words = [hosts] if isinstance(hosts, str) else list(hosts)
    named = {host.name for host in resolve(words, settings)}
    rest = [name for name in known.hosts if name not in named]
    return [*rest, *words], dataclasses.replace(wanted, name=known.name)


async def node_remove(
    hosts: str | Sequence[str],
    *,
    cluster: str | None = None,
    leave: Leave | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> RunReport:
    """Drain *hosts*, take them out of their cluster and bring them back to what they were.

    Nobody is asked. Pods that do not go in time keep their node, and are named.

    Args:
        hosts: One host expression, or several.
        cluster: Its name; ``None`` means that of *hosts*.
        leave: How long pods have, and whether it is forced.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what happens.

    Returns:
        How it ended; a dead host that was forced out has the code ``left-behind``.

    Raises:
        UsageError: The request itself is wrong.
    """
    where = settings or Settings()
    work = _removal(hosts, cluster, leave or Leave(), where, emit)
    work = dataclasses.replace(work, options=options or ConnectOptions())
    return await carry_out_reset(work, "node remove", where)


async def plan_node_remove(
    hosts: str | Sequence[str],
    *,
    cluster: str | None = None,
    leave: Leave | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> ResetPlan:
    """Return what `node_remove` would do with the same arguments, without doing it.

    Raises:
        UsageError: The request itself is wrong.
    """
    work = _removal(hosts, cluster, leave or Leave(), settings or Settings(), emit)
    return await action.plan(dataclasses.replace(work, options=options or ConnectOptions()))


def _removal(
    hosts: str | Sequence[str], cluster: str | None, leave: Leave, settings: Settings, emit: Emit
) -> action.Work:
    work = removal_of(hosts, cluster, None, settings, emit)
    clusters = Clusters(settings.clusters_dir)
    known = clusters.find(work.cluster.name)
    strange = [name for name in work.leaving if known is None or name not in known.hosts]
    if strange and not (cluster and _are_out(strange, clusters)):
        raise UsageError(
            f"{fold(strange)} {'is' if len(strange) == 1 else 'are'} in no cluster known here",
            remedy="what kuberry left on hosts goes with: kuberry reset --hosts …",
        )
    if work.is_whole:
        raise UsageError(
            f"without {fold(work.leaving)} nothing is left of {work.cluster.name}",
            remedy=f"reset all of it: kuberry reset --cluster {work.cluster.name}",
        )
    return dataclasses.replace(
        work,
        terms=Terms(drain_s=leave.drain_s, must_drain=not leave.force),
        lets_go=leave.force,
    )


def _are_out(hosts: Sequence[str], clusters: Clusters) -> bool:
    """Return whether *hosts* are in no cluster: then a line that names one was typed before."""
    known = (clusters.load(name) for name in clusters.names())
    return not {host for one in known for host in one.hosts} & set(hosts)
