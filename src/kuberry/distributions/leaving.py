"""How hosts take leave of a cluster, and what those that stay keep; for every distribution."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from kuberry.distributions.absent import Absent, absent
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.model.cluster import Cluster
from kuberry.model.plan import Gate, Run

DRAIN_S = 60
"""Seconds for the pods of a leaving host to end."""
_SPARE_S = 90.0


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """On which terms hosts leave.

    Attributes:
        drain_s: Seconds for their pods to end.
        must_drain: Pods that stay keep their host; else they are named, and it goes.
        dead: Names of those that leave and cannot be reached: only their nodes can go.
    """

    drain_s: int = DRAIN_S
    must_drain: bool = False
    dead: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Farewell:
    """Who leaves, who stays.

    Attributes:
        gone: Those that leave and hold something of ours.
        dead: Those that leave without being reached.
        lost: Those that stay, and cannot be reached now.
    """

    cluster: Cluster
    staying: Mapping[str, Seen]
    gone: Mapping[str, Seen]
    dead: Mapping[str, Absent]
    lost: tuple[Absent, ...]
    terms: Terms

    @property
    def has_api(self) -> bool:
        """Return whether a control plane stays, and its API server answers."""
        host = self.staying.get(self.cluster.control_plane)
        return host is not None and host.installed.nodes is not None

    def names(self) -> dict[str, str]:
        """Return the address of every name that those who stay must be able to look up."""
        nodes = {one.node: one.address for one in self.staying.values()}
        nodes |= {one.node: one.address for one in self.lost}
        address = self.staying[self.cluster.control_plane].address
        return {self.cluster.endpoint: address, **dict(sorted(nodes.items()))}

    def forgets(self, script: str) -> Iterator[Run]:
        """Yield what drains and deletes the nodes, on the control plane.

        Args:
            script: That of `kuberry.distributions.traces_text.forget_node`.
        """
        nodes = {name: (one.node, self.terms.drain_s) for name, one in self.gone.items()}
        nodes |= {name: (one.node, 0) for name, one in self.dead.items()}
        for name, (node, drain_s) in nodes.items():
            yield Run(
                id=f"forget-{name}",
                title=f"drain {name} and take it out of the cluster",
                script=script,
                arguments=(node, str(drain_s), "must" if self.terms.must_drain else ""),
                captures=(_left(name),),
                deadline_s=drain_s + _SPARE_S,
            )

    def waits(self, name: str) -> Iterator[Gate]:
        """Yield what a host waits for: a leaving one for itself, a staying one for all."""
        if not self.has_api or name == self.cluster.control_plane:
            return
        if name in self.gone:
            yield self._gate("left", name)
        elif self.terms.must_drain and name in self.staying:
            for one in self.gone:
                yield self._gate(f"left-{one}", one)

    def _gate(self, step_id: str, name: str) -> Gate:
        title = f"wait until the pods have left {name}"
        return Gate(id=step_id, title=title, value=_left(name), tolerant=not self.terms.must_drain)


def farewell(
    cluster: Cluster, hosts: Mapping[str, Seen], leaving: frozenset[str], terms: Terms
) -> Farewell:
    """Return who leaves and who stays.

    Raises:
        NotSeen: The API server is needed and silent, or it is not known which node a dead host was.
    """
    missing = absent(cluster, hosts)
    dead = {name: one for name in terms.dead for one in missing if one.is_called(name)}
    found = Farewell(
        cluster=cluster,
        staying={name: one for name, one in hosts.items() if name not in leaving},
        gone={
            name: one for name, one in hosts.items() if name in leaving and one.installed.is_ours
        },
        dead=dead,
        lost=tuple(one for one in missing if one not in dead.values()),
        terms=terms,
    )
    unknown = [name for name in terms.dead if name not in dead]
    if unknown and found.lost:
        raise NotSeen(f"which node {unknown[0]} was is not known: none is called so")
    if (terms.must_drain or dead) and not found.has_api:
        host = cluster.control_plane
        raise NotSeen(f"the API server on {host} does not answer: no node can be taken out")
    return found


def _left(name: str) -> str:
    return f"left:{name}"
