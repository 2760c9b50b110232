"""A batch queue on a cluster: what it would be made of, what was done, and how it is."""

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


class QueueChange(Value):
    """What an installation did to one object; those that were so already are not told.

    Attributes:
        object: Its kind, namespace and name: ``Deployment kueue-system/kueue-controller-manager``.
    """

    object: str
    change: Literal["created", "changed"]


class QueueReport(Value):
    """A batch queue was installed.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        outcome: ``unchanged`` when all was so already.
        plan: What the cluster was made to be.
        changes: What that changed, in this order.
    """

    kind: Literal["queue-report"] = "queue-report"
    version: Literal[1] = 1
    outcome: Literal["done", "unchanged"]
    plan: QueuePlan
    changes: tuple[QueueChange, ...]


class ControllerStatus(Value):
    """How Kueue's controller is.

    Attributes:
        ready: Whether all its pods are available, and of its newest template.
        problem: Why it is not ready, as its pod says; empty when it is.
        image: With its version; empty when there is no controller.
    """

    ready: bool
    problem: str = ""
    image: str = ""


class ClassUse(Value):
    """What jobs may have of the nodes of one class, and what those that run have of it.

    Attributes:
        name: Of the class: ``raspberry-pi-5``.
        cpu_millicores: The quota of processors.
        memory_bytes: The quota of memory.
        used_cpu_millicores: What admitted jobs have reserved.
        used_memory_bytes: The same of memory.
    """

    name: str
    cpu_millicores: int
    memory_bytes: int
    used_cpu_millicores: int
    used_memory_bytes: int


class QueueStatus(Value):
    """How the batch queue of a cluster is, as Kueue says.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        kubernetes: The version that the cluster serves.
        api: The version of Kueue's API that is asked; ``None`` where there is no Kueue.
        controller: Kueue's controller; ``None`` where there is no Kueue.
        problem: Why jobs of kuberry do not go through the queue; empty when they do.
        classes: Quota and use, in the order in which Kueue tries them.
        pending: How many Workloads wait: each is an array, or a task before Kubernetes 1.24.
        admitted: How many were let in, and have not ended.
    """

    kind: Literal["queue-status"] = "queue-status"
    version: Literal[1] = 1
    kubernetes: str
    api: QueueApi | None = None
    controller: ControllerStatus | None = None
    problem: str = ""
    classes: tuple[ClassUse, ...] = ()
    pending: int = 0
    admitted: int = 0

    @property
    def ready(self) -> bool:
        """Return whether jobs of kuberry go through the queue."""
        return not self.problem
