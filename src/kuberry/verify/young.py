"""What is only young is waited for: nodes that just joined, hosts that just booted.

Young is what has not found its feet yet. What has, and fails now, is broken: it is judged at once,
however short the time is that it has been there.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from kuberry.errors import ApiUnreachable
from kuberry.hostlist import fold
from kuberry.kube.objects import Node
from kuberry.model.cluster import Cluster
from kuberry.model.event import Emit, Notice
from kuberry.verify.host_view import HostView
from kuberry.verify.sight import Sight, look_at_cluster, look_at_hosts

if TYPE_CHECKING:
    from kuberry.kube.client import Kube
    from kuberry.transports.transport import Transport

YOUNG_S = 120.0
"""A kubelet 1.20 was seen to need up to 95 s, on a busy machine, until its static pods are told of
as ready; the first rules of access (RBAC) come within the API server's first seconds."""
STARTED_S = 60.0
"""A kubelet that was started again answers after seconds, and calls its node ready once it has
looked at its container runtime (`runtimeErrors` in pkg/kubelet/runtime.go)."""
_PAUSE_S = 1.0
_NOBODY_LISTENS = "connection refused"
_NOT_ALLOWED_YET = "forbidden"  # says a kubelet as long as the rules of access are not there


def left_s(view: HostView | None) -> float:
    """Return for how many seconds more the host of *view* counts as just booted; 0 when not."""
    if view is None or view.up_s is None:
        return 0.0
    return max(YOUNG_S - view.up_s, 0.0)


async def unready(kube: Kube, host: str, view: HostView | None, emit: Emit) -> str:
    """Return what of the API server on *host* is not ready; after a boot it is given its time.

    Raises:
        ApiUnreachable: It does not answer, and its host did not boot just now.
    """
    limit_s, is_told = left_s(view), False
    end = time.monotonic() + limit_s
    while True:
        try:
            problem, error = await kube.unready(), None
        except ApiUnreachable as refused:
            problem, error = "", refused
        if not (problem or error) or time.monotonic() >= end:
            break
        if not is_told:
            message = f"it booted just now: its API server is given up to {limit_s:.0f} s"
            emit(Notice(host=host, message=message))
            is_told = True
        await asyncio.sleep(_PAUSE_S)
    if error is not None:
        raise error
    return problem


async def look_until_settled(
    kube: Kube,
    cluster: Cluster,
    views: Mapping[str, HostView],
    transports: Mapping[str, Transport],
    emit: Emit,
) -> Sight:
    """Return what the API server tells, once what is young has found its feet or had its time.

    Raises:
        ApiUnreachable: It stopped answering.
        ApiRefused: It answered with an error.
    """
    sight = await look_at_cluster(kube, cluster, views)
    waiting = _waited_for(sight)
    if not waiting and not any(view.api_problem and left_s(view) for view in views.values()):
        return sight
    if waiting:
        message = f"young, and not settled yet: given up to {max(waiting.values()):.0f} s"
        emit(Notice(message=f"{fold(waiting)}: {message}"))
    end = time.monotonic() + max(waiting.values(), default=0.0)
    while waiting and time.monotonic() < end:
        await asyncio.sleep(_PAUSE_S)
        sight = await look_at_cluster(kube, cluster, views)
        waiting = {host: rest for host, rest in _waited_for(sight).items() if host in waiting}
    fresh, _ = await look_at_hosts(transports)  # what they saw before may no longer be so
    return dataclasses.replace(sight, views={**views, **fresh})


def most_left_s(sight: Sight) -> float:
    """Return for how many seconds more something of the cluster counts as young; 0 when nothing."""
    return max((_left_s(sight, host) for host in sight.cluster.hosts), default=0.0)


def _waited_for(sight: Sight) -> dict[str, float]:
    """Return the hosts that are young and have not settled, and how many seconds each is given."""
    rest = {host: _left_s(sight, host) for host in sight.cluster.hosts}
    return {host: s for host, s in rest.items() if s > 0 and not _has_settled(sight, host)}


def _left_s(sight: Sight, host: str) -> float:
    node = sight.node_of(host)
    if node is None:
        return 0.0  # no node will come of itself
    joined = node.created
    since_s = (sight.now - joined).total_seconds() if joined else YOUNG_S
    boots = map(left_s, _booted(sight, host))
    return max(YOUNG_S - since_s, *boots, _kubelet_left_s(sight.views.get(host)))


def _kubelet_left_s(view: HostView | None) -> float:
    """Return for how many seconds more the kubelet that *view* saw counts as just started."""
    if view is None or view.kubelet_s is None:
        return 0.0
    return max(STARTED_S - view.kubelet_s, 0.0)


def _booted(sight: Sight, host: str) -> tuple[HostView, ...]:
    """Return whose boot a node must have got over: without an API server no lease is renewed."""
    views = (sight.views.get(one) for one in (host, sight.cluster.control_plane))
    return tuple(view for view in views if view is not None)


def _has_settled(sight: Sight, host: str) -> bool:
    """Return whether its node was seen to be Ready since it joined, and since the last boot."""
    node = sight.node_of(host)
    if node is None or host not in sight.views:
        return True  # nothing that waiting mends
    problem = sight.kubelets.get(node.name, "").lower()
    starts = _NOBODY_LISTENS in problem and _kubelet_left_s(sight.views[host]) > 0
    is_waited_for = _NOT_ALLOWED_YET in problem or starts
    return node.ready and not is_waited_for and _has_lived(sight, host, node)


def _has_lived(sight: Sight, host: str, node: Node) -> bool:
    """Return whether the node gave a sign of life since the last boot."""
    renewed = sight.leases.get(node.name)
    if renewed is None:
        return False
    booted = ((view.time, view.up_s) for view in _booted(sight, host))
    return all(up_s is None or renewed >= time_ - timedelta(seconds=up_s) for time_, up_s in booted)
