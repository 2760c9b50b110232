"""What of a cluster is free for jobs, by class of host; pure.

Kueue wants as quota what is left "after discounting resources consumed by system components and
pods not managed by kueue": kubernetes-sigs/kueue, apis/kueue/v1beta2/clusterqueue_types.go,
ResourceQuota.nominalQuota, commit ff69552e79ad.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lightkube.utils.quantity import parse_quantity

from kuberry.model.queue import HostClass

Answer = dict[str, Any]
_RESOURCES = ("cpu", "memory")
_REPELS = {"NoSchedule", "NoExecute"}
_PI = re.compile(r"Raspberry Pi (Compute Module )?(Zero 2|Zero|\d+)")


def class_of(model: str | None, architecture: str) -> str:
    """Return the class of a host: its board where that is a Raspberry Pi, else *architecture*.

    Args:
        model: What the device tree says: ``Raspberry Pi 4 Model B Rev 1.5``.
        architecture: The kubelet's word: ``arm64``.
    """
    found = _PI.match(model or "")
    if not found:
        return architecture
    kind = "cm" if found[1] else ""
    return f"raspberry-pi-{kind}{found[2].lower().replace(' ', '-')}"


def classes(
    nodes: Iterable[Answer],
    pods: Sequence[Answer],
    boards: Mapping[str, str | None],
    *,
    queued_in: str,
) -> tuple[HostClass, ...]:
    """Return the classes of those *nodes* that take ordinary pods, the largest first.

    A node that is cordoned or not ready has a taint, and counts no more than one of the control
    plane: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/.

    Args:
        pods: Those that have not ended, of all namespaces.
        boards: The model of each node's board, by the name of the node.
        queued_in: The namespace whose pods are jobs: what they request is not taken off.
    """
    others = [one for one in pods if one["metadata"].get("namespace") != queued_in]
    members: dict[str, dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
    for node in nodes:
        if _repels(node):
            continue
        name = node["metadata"]["name"]
        kind = class_of(boards.get(name), node["status"]["nodeInfo"]["architecture"])
        members[kind][name] = _free(node, others)
    found = (_class(kind, free) for kind, free in members.items())
    return tuple(sorted(found, key=lambda one: (-one.cpu_millicores, one.name)))


def _repels(node: Answer) -> bool:
    return any(taint["effect"] in _REPELS for taint in node["spec"].get("taints") or [])


def _free(node: Answer, others: Sequence[Answer]) -> tuple[Decimal, Decimal]:
    name, allocatable = node["metadata"]["name"], node["status"]["allocatable"]
    here = [one for one in others if one["spec"].get("nodeName") == name]
    cpu, memory = (
        max(amount(allocatable, one) - sum(requested(pod, one) for pod in here), Decimal(0))
        for one in _RESOURCES
    )
    return cpu, memory


def _class(name: str, free: Mapping[str, tuple[Decimal, Decimal]]) -> HostClass:
    return HostClass(
        name=name,
        nodes=tuple(sorted(free)),
        cpu_millicores=int(sum(cpu for cpu, _ in free.values()) * 1000),
        memory_bytes=int(sum(memory for _, memory in free.values())),
    )


def requested(pod: Answer, resource: str) -> Decimal:
    """Return how much of *resource* the scheduler sets aside for *pod*.

    Sidecars run beside what starts after them, other init containers one by one before the rest:
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
    """
    spec = pod["spec"]
    sidecars = peak = Decimal(0)
    for one in spec.get("initContainers") or []:
        wants = _wants(one, resource)
        peak = max(peak, sidecars + wants)
        if one.get("restartPolicy") == "Always":
            sidecars += wants
    running = sidecars + sum(_wants(one, resource) for one in spec["containers"])
    return max(running, peak) + amount(spec.get("overhead"), resource)


def _wants(container: Answer, resource: str) -> Decimal:
    return amount((container.get("resources") or {}).get("requests"), resource)


def amount(amounts: Answer | None, resource: str) -> Decimal:
    """Return how much of *resource* there is in *amounts*, in cores or bytes; nothing is 0."""
    return parse_quantity((amounts or {}).get(resource, "0")) or Decimal(0)
