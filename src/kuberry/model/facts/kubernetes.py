"""What is there of any Kubernetes."""

from __future__ import annotations

from kuberry.model.value import Value

_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("k3s", ("k3s.service", "k3s-agent.service", "/var/lib/rancher/k3s")),
    ("rke2", ("rke2-server.service", "rke2-agent.service", "/var/lib/rancher/rke2")),
    ("k0s", ("k0scontroller.service", "k0sworker.service", "/var/lib/k0s")),
    ("microk8s", ("snap.microk8s.daemon-kubelite.service", "/var/snap/microk8s")),
    ("kubeadm", ("/etc/kubernetes/kubelet.conf", "/etc/kubernetes/admin.conf")),
)


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

    @property
    def distributions(self) -> tuple[str, ...]:
        """Return the distributions of Kubernetes that left traces, running or not."""
        seen = {unit.name for unit in self.units} | set(self.paths)
        return tuple(name for name, marks in _MARKS if seen.intersection(marks))
