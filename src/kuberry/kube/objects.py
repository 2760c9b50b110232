"""What a running cluster shows us, in our own words: frozen, and only what somebody asks for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime

UNSTAMPED = "v0.0.0-master"
"""What Kubernetes' sources say of themselves, when a build tells them no version."""


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A node as the API server knows it.

    Attributes:
        ready: Whether its condition ``Ready`` is true.
        problem: Why it is not ready; empty when it is.
        version: Of its kubelet.
        address: Its internal address.
        repels: Whether a taint keeps ordinary pods away.
        os: Its operating system, by its own name.
        kernel: The release of its kernel.
        architecture: Of its kubelet: ``arm64``.
        created: When it joined, by the clock of the control plane; ``None`` when it is not told.
        roles: What its labels call it: ``control-plane``, ``etcd``.
    """

    name: str
    ready: bool
    problem: str
    version: str
    address: str | None
    repels: bool = False
    os: str = ""
    kernel: str = ""
    architecture: str = ""
    created: datetime | None = None
    roles: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Pod:
    """A pod.

    Attributes:
        node: Where it runs; ``None`` while nobody has decided.
        ready: Whether it runs and its condition ``Ready`` is true.
        problem: Why it is not ready, as its containers and conditions say; empty when unknown.
    """

    name: str
    node: str | None
    phase: str
    ready: bool
    problem: str = ""
    address: str | None = None
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """A service.

    Attributes:
        address: Its ClusterIP.
        node_port: The port of every node that leads to it; ``None`` when it has none.
    """

    name: str
    address: str
    node_port: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Lease:
    """A node's sign of life.

    Attributes:
        renewed: When its kubelet last wrote it, by the kubelet's own clock.
    """

    node: str
    renewed: datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Execution:
    """How a command in a pod ended."""

    exit_status: int
    stdout: str
    stderr: str
