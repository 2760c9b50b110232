"""What is there of any Kubernetes."""

from __future__ import annotations

from kuberry.model.value import Value


class Unit(Value):
    """A unit of systemd that exists on the host."""

    name: str
    active: str
    enabled: str | None


class Program(Value):
    """A program on the search path; *version* is ``None`` where it tells none, or is not asked."""

    name: str
    path: str
    version: str | None


class KubernetesTraces(Value):
    """What is there of any Kubernetes.

    Attributes:
        cni_configurations: File names in /etc/cni/net.d; ``None`` when it cannot be listed.
    """

    units: tuple[Unit, ...]
    paths: tuple[str, ...]
    cni_configurations: tuple[str, ...] | None
