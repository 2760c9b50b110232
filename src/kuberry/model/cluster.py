"""The wish: which hosts are to be which cluster. Never holds a secret."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kuberry.model.value import Value

Role = Literal["control-plane", "worker"]
DistributionName = Literal["kubeadm", "k3s"]
NetworkKind = Literal["host-gw", "manifest", "flannel"]
Component = Literal["traefik", "servicelb", "metrics-server", "local-storage"]
"""What k3s brings besides Kubernetes, and can leave out (k3s-io/docs, docs/cli/server.md)."""


class K3sWish(Value):
    """What is wished for of k3s alone.

    Attributes:
        without: What k3s shall not bring.
        mirrors: Addresses to ask instead, by registry; ``*`` is all registries.
        embedded_registry: Hosts hand each other the images they have.
    """

    without: tuple[Component, ...] = ()
    mirrors: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    embedded_registry: bool = False


class Cluster(Value):
    """What the user wants.

    Attributes:
        name: Name of the cluster and of its kubeconfig context.
        hosts: All hosts by the names the user calls them, in order.
        control_plane: The first that runs an API server: where it begins, and where we ask.
        control_plane_rule: Why it is that one, for people.
        more_servers: Those that run the control plane, too, in the order in which they join.
        distribution: Which Kubernetes.
        version: Of Kubernetes, for example ``v1.20.2``.
        bundle: Name of the bundle everything is installed from.
        pod_cidr: The range that pods get their addresses from; each host gets a /24 of it.
        service_cidr: The range of ClusterIPs.
        network: How pods reach each other: ``host-gw`` by plain routes of ours, ``manifest`` by
            the network add-on whose manifest and images are in the bundle (flannel for example),
            ``flannel`` by the one that k3s has built in, through vxlan.
        k3s: What counts for that distribution alone.
        images: Names of bundles of images for jobs, which every host gets.
    """

    name: str
    hosts: tuple[str, ...] = Field(min_length=1)
    control_plane: str
    control_plane_rule: str
    more_servers: tuple[str, ...] = ()
    distribution: DistributionName = "kubeadm"
    version: str
    bundle: str
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/16"
    network: NetworkKind = "host-gw"
    k3s: K3sWish = K3sWish()
    images: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        """Return the name of the API server that every host knows from its /etc/hosts.

        ``.internal`` is reserved for private use (ICANN resolution 2024.07.29.06).
        """
        return f"api.{self.name}.kuberry.internal"

    @property
    def servers(self) -> tuple[str, ...]:
        """Return the hosts that run the control plane; the first one begins."""
        return (self.control_plane, *self.more_servers)

    @property
    def has_many_servers(self) -> bool:
        """Return whether its state is kept by all its servers together, and not by one alone."""
        return bool(self.more_servers)

    @property
    def workers(self) -> tuple[str, ...]:
        """Return the hosts that are no servers, in order."""
        return tuple(name for name in self.hosts if name not in self.servers)
