"""What a batch queue on a cluster would be made of, before anything is done."""

from __future__ import annotations

from typing import Any, Literal

from kuberry.model.value import Value

QueueApi = Literal["v1beta2", "v1beta1"]
"""Versions of Kueue's API that kuberry writes, the preferred one first."""


class HostClass(Value):
    """Nodes of one kind, and what of them is free for jobs.

    Attributes:
        name: ``raspberry-pi-5``; without a device tree the architecture: ``amd64``.
        nodes: Their names, sorted.
        cpu_millicores: What pods may have of them in all, less what others request.
        memory_bytes: The same of memory.
    """

    name: str
    nodes: tuple[str, ...]
    cpu_millicores: int
    memory_bytes: int


class QueuePlan(Value):
    """What makes a cluster one with a batch queue; nothing of it is done yet.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        kubernetes: The version that the cluster serves.
        api: The version of Kueue's API that `queues` is written in.
        classes: The kinds of hosts, in the order in which Kueue tries them.
        controller: Kueue itself, sized for small hosts; empty when the cluster has it already.
        queues: Labels of the nodes, flavors and queues; they need a controller that runs.
    """

    kind: Literal["queue-plan"] = "queue-plan"
    version: Literal[1] = 1
    kubernetes: str
    api: QueueApi
    classes: tuple[HostClass, ...]
    controller: tuple[dict[str, Any], ...] = ()
    queues: tuple[dict[str, Any], ...]
