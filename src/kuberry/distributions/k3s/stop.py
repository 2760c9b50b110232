"""How a cluster of k3s is switched off."""

from __future__ import annotations

from collections.abc import Mapping

from kuberry.distributions.k3s.configuration import ADMINISTRATOR, SERVER_UNIT
from kuberry.distributions.seen import Seen
from kuberry.distributions.switch_off import Control, switch_off
from kuberry.model.cluster import Cluster
from kuberry.model.plan import Plan

_CONTROL = Control(administrator=ADMINISTRATOR, unit=SERVER_UNIT)


def stop(cluster: Cluster, hosts: Mapping[str, Seen], *, drain_s: int) -> Plan:
    """Return what switches *cluster* off: its workers first, its control plane last.

    Args:
        hosts: By name; all that can be reached.
        drain_s: Seconds for pods to end; 0 does not ask them.

    Raises:
        NotSeen: A fact it needs is not known.
    """
    return switch_off(cluster, hosts, _CONTROL, drain_s=drain_s)
