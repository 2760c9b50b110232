"""Everything that one plan rests on, and what follows from it for single hosts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from kuberry.distributions import members
from kuberry.distributions.k3s.configuration import IMAGES, PROGRAM
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.model.bundle import Artifact, Binary, Bundle, ImageArchive
from kuberry.model.cluster import Cluster


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Wish, hosts and bundle of one plan."""

    cluster: Cluster
    hosts: Mapping[str, Seen]
    bundle: Bundle

    @property
    def must_initialise(self) -> bool:
        """Return whether there is no server yet."""
        return members.must_initialise(self.cluster, self.hosts)

    def joiners(self) -> tuple[Seen, ...]:
        """Return the hosts that are no node of the cluster yet, or no longer."""
        return members.joiners(self.cluster, self.hosts)

    def is_server(self, host: Seen) -> bool:
        """Return whether *host* runs the control plane."""
        return host.name in self.cluster.servers

    def names(self) -> dict[str, str]:
        """Return the address of every name that hosts must be able to look up."""
        return members.names(self.cluster, self.hosts)

    def pieces(self, host: Seen) -> tuple[tuple[Artifact, str], ...]:
        """Return what of the bundle *host* needs, each with its path there.

        k3s imports every archive in its directory of images at its start, by the end of its name
        (rancher/k3s@aef8a6a, pkg/agent/containerd/containerd.go:123-235).

        Raises:
            NotSeen: The bundle has no k3s for it.
        """
        pieces = self.bundle.pieces_for(host.target)
        program = next(
            (one for one in pieces if isinstance(one, Binary) and one.name == "k3s"), None
        )
        if program is None:
            raise NotSeen(f"the bundle {self.bundle.name} has no k3s for {host.name}")
        archives = (one for one in pieces if isinstance(one, ImageArchive))
        placed = ((one, f"{IMAGES}/{one.name}.{one.packing}") for one in archives)
        return (program, PROGRAM), *placed
