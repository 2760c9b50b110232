"""verify: from hosts we are logged in to, to what the cluster on them proves to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import AsyncExitStack

from kuberry.errors import HostBusy, KuberryError
from kuberry.kube.connect import connect
from kuberry.model.cluster import Cluster
from kuberry.model.event import Emit
from kuberry.model.finding import ProbeResult
from kuberry.transports.transport import Transport
from kuberry.verify import remedies, young
from kuberry.verify.graph import KINDS
from kuberry.verify.host_view import HostView
from kuberry.verify.ledger import CLUSTER, Ledger, at
from kuberry.verify.only_one import only_one
from kuberry.verify.questions import Asked, ask
from kuberry.verify.sight import look_at_hosts, tell_hosts
from kuberry.verify.system import SETTLE_S


async def verify(
    cluster: Cluster,
    transports: Mapping[str, Transport],
    failures: Mapping[str, KuberryError],
    emit: Emit,
    *,
    settle_s: float = SETTLE_S,
) -> tuple[ProbeResult, ...]:
    """Ask the running cluster everything; what is wrong is in the results, never raised.

    Args:
        settle_s: Seconds that system pods get to be ready.
        transports: By host name; the hosts that we are logged in to.
        failures: Why we are not logged in to the others.

    Raises:
        HostBusy: Another check of this cluster is under way.
    """
    ledger = Ledger()
    views, deaf = await look_at_hosts(transports)
    _judge_login(cluster, {**failures, **deaf}, ledger)
    asked = next((one for one in cluster.servers if one in transports), cluster.control_plane)
    if not ledger.skip("api.ready", at(asked)):
        seen = _Seen(cluster, asked, transports, views)
        await _ask(seen, ledger, emit, settle_s)
    _skip_the_rest(ledger)
    return ledger.results()


def _judge_login(cluster: Cluster, failures: Mapping[str, KuberryError], ledger: Ledger) -> None:
    for host in cluster.hosts:
        error = failures.get(host)
        remedy = (error.remedy if error else "") or f"is {host} on, and in the network?"
        ledger.judge("hosts.login", at(host), error.message if error else "", remedy)


def _skip_the_rest(ledger: Ledger) -> None:
    """Record every kind of probe that was not come to: an earlier failure explains why."""
    done = {one.id for one in ledger.results()}
    for kind in KINDS:
        if kind.id not in done:
            ledger.skip(kind.id, CLUSTER)


@dataclasses.dataclass(frozen=True, slots=True)
class _Seen:
    """The hosts, and the server that is asked: the first one that we are logged in to."""

    cluster: Cluster
    asked: str
    transports: Mapping[str, Transport]
    views: Mapping[str, HostView]


async def _ask(seen: _Seen, ledger: Ledger, emit: Emit, settle_s: float) -> None:
    cluster, place, transports = seen.cluster, at(seen.asked), seen.transports
    transport = transports[seen.asked]
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(only_one(transport))
            kube = await stack.enter_async_context(connect(transport))
            remedy = f"look on {place.where}: {remedies.journal(cluster, seen.asked)}"
            view = seen.views.get(seen.asked)
            problem = await young.unready(kube, seen.asked, view, emit)
            ledger.judge("api.ready", place, problem, remedy)
            if ledger.is_ok("api.ready", place):
                sight = await young.look_until_settled(kube, cluster, seen.views, transports, emit)
                tell_hosts(sight, emit)
                patience_s = max(settle_s, young.most_left_s(sight))
                await ask(Asked(kube, ledger, transports, emit, patience_s), sight)
    except HostBusy:
        raise
    except KuberryError as error:
        ledger.fail("api.ready", place, error.message, error.remedy)
    except BaseExceptionGroup as group:
        ours, others = group.split(KuberryError)
        if others is not None or ours is None:
            raise
        first = _first(ours)
        ledger.fail("api.ready", place, str(first), getattr(first, "remedy", ""))


def _first(group: BaseExceptionGroup[KuberryError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
