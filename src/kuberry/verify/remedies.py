"""Where to look and what to type on a host: that depends on what runs the kubelet there."""

from __future__ import annotations

from kuberry.distributions.registry import distribution_of
from kuberry.model.cluster import Cluster


def journal(cluster: Cluster, host: str) -> str:
    """Return the command that shows what the kubelet of *host* said last."""
    return f"sudo journalctl -u {_unit(cluster, host)} -n 50"


def restart(cluster: Cluster, host: str) -> str:
    """Return the command that starts the kubelet of *host* again."""
    return f"sudo systemctl restart {_unit(cluster, host)}"


def runtime_journal(cluster: Cluster, host: str) -> str:
    """Return the commands that show what kubelet and containerd of *host* said last.

    The containerd of k3s writes into a file of its own (rancher/k3s@aef8a6a,
    pkg/agent/config/config.go:462).
    """
    if cluster.distribution == "k3s":
        log = "/var/lib/rancher/k3s/agent/containerd/containerd.log"
        return f"{journal(cluster, host)}; sudo tail -n 50 {log}"
    return f"sudo journalctl -u containerd -u {_unit(cluster, host)} -n 50"


def _unit(cluster: Cluster, host: str) -> str:
    return distribution_of(cluster).unit_of(cluster, host).removesuffix(".service")
