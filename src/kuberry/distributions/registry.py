"""Every distribution of Kubernetes that kuberry knows; a new one is a package and a line here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from kuberry.distributions import k3s, kubeadm
from kuberry.distributions.leaving import Terms
from kuberry.distributions.seen import Seen
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster, DistributionName
from kuberry.model.difference import Difference
from kuberry.model.plan import Plan


class Distribution(Protocol):
    """What a package of a distribution offers; see `kuberry.distributions.kubeadm`.

    Attributes:
        ADMIN_CONF: Where the administrator's kubeconfig is on a control plane.
        LOOK: What an administrator types there to see why no API server answers.
    """

    @property
    def ADMIN_CONF(self) -> str: ...  # noqa: N802, D102 -- as modules write their constants

    @property
    def LOOK(self) -> str: ...  # noqa: N802, D102 -- likewise

    def unit_of(self, cluster: Cluster, host: str) -> str:
        """Return the unit that runs the kubelet of *host*."""
        ...

    def install(self, cluster: Cluster, hosts: Mapping[str, Seen], bundle: Bundle) -> Plan:
        """Return what is still to do for *cluster*."""
        ...

    def remove(
        self,
        cluster: Cluster,
        hosts: Mapping[str, Seen],
        leaving: Collection[str],
        terms: Terms = ...,
    ) -> Plan:
        """Return what takes *leaving* out of *cluster*."""
        ...

    def is_ours(self, cluster: Cluster, difference: Difference, host: Seen) -> bool:
        """Return whether we, or what we installed, may have made *difference*."""
        ...

    def stop(self, cluster: Cluster, hosts: Mapping[str, Seen], *, drain_s: int) -> Plan:
        """Return what switches *cluster* off."""
        ...


DISTRIBUTIONS: dict[DistributionName, Distribution] = {"kubeadm": kubeadm, "k3s": k3s}


def distribution_of(cluster: Cluster) -> Distribution:
    """Return the distribution that *cluster* is wished to be of."""
    return DISTRIBUTIONS[cluster.distribution]
