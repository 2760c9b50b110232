"""Do the pods that Kubernetes itself consists of run?"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING

from kuberry.kube.objects import Node, Pod
from kuberry.model.event import Emit, Notice, ignore
from kuberry.verify import remedies
from kuberry.verify.ledger import CLUSTER, Ledger, at
from kuberry.verify.sight import SYSTEM, Sight

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

SETTLE_S = 45.0
JUST_MADE_S = 240.0
"""For a cluster that has just been made: its first static pods were seen to be ready after up to
95 s on a busy machine (kubelet 1.20 looks at them every 10 s and tells every 60 s)."""
_PAUSE_S = 0.5
_TIER, _PROXY = ("tier", "control-plane"), ("k8s-app", "kube-proxy")
_COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


async def settled(
    kube: Kube,
    sight: Sight,
    alive: frozenset[str],
    settle_s: float = SETTLE_S,
    emit: Emit = ignore,
) -> Sight:
    """Return *sight* with the system pods as they are once those of *alive* nodes are ready.

    A cluster that was just made may have some that still start; more than *settle_s* seconds they
    do not get.

    Raises:
        ApiUnreachable: The API server stopped answering.
    """
    end = time.monotonic() + settle_s
    if settle_s > 0 and _unready(sight, alive):
        emit(Notice(message=f"its system pods are given up to {settle_s:.0f} s to be ready"))
    while _unready(sight, alive) and time.monotonic() < end:
        await asyncio.sleep(_PAUSE_S)
        sight = dataclasses.replace(sight, pods=await kube.pods(SYSTEM))
    return sight


def _unready(sight: Sight, alive: frozenset[str]) -> bool:
    """Return whether a pod is still to come, or that should be there is missing."""
    if any(_counts(pod) and not pod.ready and pod.node in {None, *alive} for pod in sight.pods):
        return True
    if sight.cluster.distribution == "k3s":
        return False
    proxies = {pod.node for pod in sight.pods if _has(pod, _PROXY)}
    return not alive <= proxies


def judge_system(sight: Sight, ledger: Ledger) -> None:
    """Record which system pods run."""
    if sight.cluster.distribution == "k3s":
        _judge_one_process(sight, ledger)
        _judge_members(sight, ledger)
    else:
        _judge_control_plane(sight, ledger)
        _judge_proxies(sight, ledger)
    _judge_others(sight, ledger)


def _judge_one_process(sight: Sight, ledger: Ledger) -> None:
    """Say that there are no such pods: control plane and proxies are threads of k3s itself."""
    places = [("system.control-plane", at(host)) for host in sight.cluster.servers]
    places += [("system.proxy", at(host)) for host in sight.cluster.hosts]
    for probe, place in places:
        if not ledger.skip(probe, place):
            ledger.absent(probe, place, "it is part of the k3s process")


def _judge_members(sight: Sight, ledger: Ledger) -> None:
    """Record whether each of several servers says of itself that it is a member of etcd.

    Each labels its own node once it is one (rancher/k3s@aef8a6a, pkg/etcd/controller.go:58-78).
    """
    for host in sight.cluster.servers if sight.cluster.has_many_servers else ():
        node = sight.node_of(host)
        is_member = node is not None and "etcd" in node.roles
        remedy = f"look on {host}: {remedies.journal(sight.cluster, host)}"
        problem = "" if is_member else f"its node has no role etcd ({_roles(node)})"
        ledger.judge("system.etcd", at(host), problem, remedy)


def _roles(node: Node | None) -> str:
    return ", ".join(node.roles) if node and node.roles else "none at all"


def _judge_proxies(sight: Sight, ledger: Ledger) -> None:
    for host in sight.cluster.hosts:
        node = sight.node_of(host)
        own = [pod for pod in sight.pods if node and pod.node == node.name and _has(pod, _PROXY)]
        problem = _problems(own) if own else "there is no pod of it"
        ledger.judge("system.proxy", at(host), problem, _remedy(own))


def _judge_control_plane(sight: Sight, ledger: Ledger) -> None:
    place = at(sight.cluster.control_plane)
    own = [pod for pod in sight.pods if _has(pod, _TIER)]
    missing = [
        name for name in _COMPONENTS if not any(pod.labels.get("component") == name for pod in own)
    ]
    problem = f"no pod of {', '.join(missing)}" if missing else _problems(own)
    journal = remedies.journal(sight.cluster, sight.cluster.control_plane)
    where = f"look on {place.where}: ls /etc/kubernetes/manifests; {journal}"
    ledger.judge("system.control-plane", place, problem, where if missing else _remedy(own))


def _judge_others(sight: Sight, ledger: Ledger) -> None:
    others = [pod for pod in sight.pods if not _has(pod, _TIER) and not _has(pod, _PROXY)]
    if not others:
        if not ledger.skip("system.pods", CLUSTER):
            ledger.absent("system.pods", CLUSTER, "there are none besides")
        return
    for host in (*sight.cluster.hosts, None):
        own = [pod for pod in others if sight.host_of(pod.node) == host]
        if own:
            place = at(host) if host else CLUSTER
            ledger.judge("system.pods", place, _problems(own), _remedy(own))


def _problems(pods: list[Pod]) -> str:
    bad = [pod for pod in pods if _counts(pod) and not pod.ready]
    return "; ".join(f"{pod.name}: {pod.problem or pod.phase}" for pod in bad)


def _remedy(pods: list[Pod]) -> str:
    name = next((pod.name for pod in pods if not pod.ready), "POD")
    return f"kuberry kubectl -n {SYSTEM} describe pod {name}"


def _counts(pod: Pod) -> bool:
    return pod.phase != "Succeeded"


def _has(pod: Pod, label: tuple[str, str]) -> bool:
    return pod.labels.get(label[0]) == label[1]
