"""From what was seen to a plan that switches a cluster off, so that power alone brings it back.

Pods are asked to end before their hosts do. That needs nodes which take no new pods; so when all
workers are off and nothing can start any more, the marks are taken away again: the cluster that
comes back is the one that was switched off.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from kuberry.distributions.seen import Seen
from kuberry.distributions.traces_text import PATH
from kuberry.model.cluster import Cluster
from kuberry.model.plan import Gate, HostPlan, Plan, PowerOff, Run, Step

# $1 seconds, then nodes. What does not go in time is named, and stops nothing; pods on the control
# plane end with their host.
_DRAIN = """
seconds=$1; shift
closed=$(kubectl --request-timeout 10s get nodes -o jsonpath='
{range .items[*]}{.metadata.name} {.spec.unschedulable}{"\\n"}{end}') || closed=
drain() {
    printf '%s\\n' "$closed" | grep -qx "$1 true" ||  # it is the user's mark, or ours already
        kubectl --request-timeout 10s annotate --overwrite node "$1" kuberry.internal/off=yes >&2
    said=$(kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force \\
        --timeout "${seconds}s" 2>&1) && return
    echo "notice: not all pods have left $1 within $seconds s: $(printf %s "$said" | tail -n 1)" >&2
}
for node; do drain "$node" & done
wait
echo drained
"""

# Nodes that somebody else had closed stay closed.
_OPEN = """
open_nodes() {
    closed=$(kubectl --request-timeout 10s get nodes -o jsonpath='
{range .items[*]}{.metadata.name} {.metadata.annotations.kuberry\\.internal/off}{"\\n"}{end}') ||
        return
    for node in $(printf '%s\\n' "$closed" | sed -n 's/ yes$//p'); do
        kubectl --request-timeout 10s uncordon "$node" &&
            kubectl --request-timeout 10s annotate node "$node" kuberry.internal/off- || return
    done >&2
}
"""

# $1 unit: what runs the kubelet goes before the host does: nothing may start here again.
_UNMARK = (
    _OPEN
    + """
open_nodes
systemctl stop "$1"
echo yes
exit 0
"""
)
_DRAINED, _OPEN_AGAIN = "drained", "open-again"
_SPARE_S = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Control:
    """How a control plane is told to take leave.

    Attributes:
        administrator: Shell text after which ``kubectl`` is the administrator's.
        unit: What runs the kubelet there.
    """

    administrator: str
    unit: str


def switch_off(
    cluster: Cluster, hosts: Mapping[str, Seen], control: Control, *, drain_s: int
) -> Plan:
    """Return what switches *cluster* off: its workers first, its control plane last.

    Args:
        hosts: By name; all that can be reached.
        drain_s: Seconds for pods to end; 0 does not ask them.

    Raises:
        NotSeen: A fact it needs is not known.
    """
    workers = {name: one for name, one in hosts.items() if name not in cluster.servers}
    servers = {name: one for name, one in hosts.items() if name in cluster.more_servers}
    control_plane = hosts.get(cluster.control_plane)
    has_api = control_plane is not None and control_plane.installed.nodes is not None
    drains = has_api and drain_s > 0 and bool(workers or servers)
    plans = [HostPlan(host=name, steps=tuple(_worker(name, waits=drains))) for name in workers]
    last = (_OPEN_AGAIN,) if drains else tuple(_off(name) for name in workers)
    plans += [HostPlan(host=name, steps=tuple(_server(last))) for name in servers]
    if control_plane is not None:
        all_of = _Leave(workers, servers, control, drain_s if drains else 0)
        plans.insert(0, HostPlan(host=cluster.control_plane, steps=tuple(_control_plane(all_of))))
    return Plan(title="stop", hosts=tuple(plans))


@dataclasses.dataclass(frozen=True, slots=True)
class _Leave:
    """Who goes before the first server does, and how; *drain_s* of 0 does not ask pods."""

    workers: Mapping[str, Seen]
    servers: Mapping[str, Seen]
    control: Control
    drain_s: int


def _control_plane(all_of: _Leave) -> Iterator[Step]:
    control, drain_s = all_of.control, all_of.drain_s
    if drain_s:
        nodes = (one.node for one in (*all_of.workers.values(), *all_of.servers.values()))
        yield Run(
            id="drain",
            title="ask the pods to end",
            script=PATH + control.administrator + _DRAIN,
            arguments=(str(drain_s), *nodes),
            captures=(_DRAINED,),
            deadline_s=drain_s + _SPARE_S,
        )
    for name in all_of.workers:
        title = f"wait until {name} is off"
        yield Gate(id=f"off-{name}", title=title, value=_off(name), tolerant=True)
    if drain_s:
        yield Run(
            id="unmark",
            title="let the nodes take pods again once they are back",
            script=PATH + control.administrator + _UNMARK,
            arguments=(control.unit,),
            captures=(_OPEN_AGAIN,),
        )
    yield PowerOff(id="off", title="switch the control plane off")


def _server(values: Sequence[str]) -> Iterator[Step]:
    """Yield what switches another server off: the first one needs it until the nodes are open."""
    for value in values:
        title = "wait until it is needed no more"
        yield Gate(id=f"last-{value.replace(':', '-')}", title=title, value=value, tolerant=True)
    yield PowerOff(id="off", title="switch the server off")


def _worker(name: str, *, waits: bool) -> Iterator[Step]:
    if waits:
        yield Gate(
            id="drained", title="wait until its pods are gone", value=_DRAINED, tolerant=True
        )
    yield PowerOff(id="off", title="switch the worker off", captures=(_off(name),))


def _off(name: str) -> str:
    return f"off:{name}"


def come_back(control_plane: Seen, administrator: str) -> Iterator[Run]:
    """Yield what opens the nodes again that a `stop` has closed without coming to its end.

    Args:
        administrator: Shell text after which ``kubectl`` is the administrator's.
    """
    closed = [one.name for one in control_plane.installed.nodes or () if one.switched_off]
    if closed:
        yield Run(
            id="open",
            title=f"let {len(closed)} nodes take pods again that a stop has closed",
            script=f"{PATH}{administrator}{_OPEN}open_nodes\n",
        )
