"""What we saw on a host: typed facts. Everything not known is ``None``, never 0 or empty.

A subject of `HostFacts` that is ``None`` could not be read; `HostFacts.unknown` says why.
Inside a subject, ``None`` means what its field says.
"""

from __future__ import annotations

from kuberry.model.facts.boot import Boot, CloudInit, CommandLineFile, Radio
from kuberry.model.facts.hardware import (
    Board,
    Card,
    FileSystem,
    Flush,
    Health,
    Led,
    Memory,
    Processor,
    SwapDevice,
    Throttling,
)
from kuberry.model.facts.kubernetes import KubernetesTraces, Program, Unit
from kuberry.model.facts.network import Firewall, Interface, ListeningPort, Network, Route
from kuberry.model.facts.system import (
    Architecture,
    Cgroups,
    Clock,
    Identity,
    InitSystem,
    Kernel,
    KernelModule,
    OperatingSystem,
    Package,
    Privileges,
    Sysctl,
)
from kuberry.model.value import Value

__all__ = [
    "Architecture",
    "Board",
    "Boot",
    "Card",
    "Cgroups",
    "Clock",
    "CloudInit",
    "CommandLineFile",
    "FileSystem",
    "Firewall",
    "Flush",
    "Health",
    "HostFacts",
    "Identity",
    "InitSystem",
    "Interface",
    "Kernel",
    "KernelModule",
    "KubernetesTraces",
    "Led",
    "ListeningPort",
    "Memory",
    "Network",
    "OperatingSystem",
    "Package",
    "Privileges",
    "Processor",
    "Program",
    "Radio",
    "Route",
    "SwapDevice",
    "Sysctl",
    "Throttling",
    "Unit",
    "Unknown",
]


class Unknown(Value):
    """A subject that could not be read, and why."""

    subject: str
    reason: str


class HostFacts(Value):
    """All that was seen on one host; see the module for the meaning of ``None``.

    `flush` is measured only where etcd is to be.
    """

    os: OperatingSystem | None
    kernel: Kernel | None
    architecture: Architecture | None
    board: Board | None
    boot: Boot | None
    cloud_init: CloudInit | None
    radios: tuple[Radio, ...] | None
    processor: Processor | None
    memory: Memory | None
    swap: tuple[SwapDevice, ...] | None
    disks: tuple[FileSystem, ...] | None
    cards: tuple[Card, ...] | None = None
    flush: Flush | None = None
    cgroups: Cgroups | None
    identity: Identity | None
    clock: Clock | None
    network: Network | None
    ports: tuple[ListeningPort, ...] | None
    modules: tuple[KernelModule, ...] | None
    sysctls: tuple[Sysctl, ...] | None
    firewall: Firewall | None
    kubernetes: KubernetesTraces | None
    programs: tuple[Program, ...] | None
    packages: tuple[Package, ...] | None
    health: Health | None
    init: InitSystem | None
    virtualization: str | None
    privileges: Privileges
    unknown: tuple[Unknown, ...]
