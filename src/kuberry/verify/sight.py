"""Everything seen before a single pod is started: all at once, few round trips."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kuberry.errors import KuberryError
from kuberry.kube.objects import Node, Pod, Service
from kuberry.model.cluster import Cluster
from kuberry.model.event import Emit
from kuberry.model.sighting import HostSeen
from kuberry.transports.transport import Transport
from kuberry.verify.host_view import HostView, look

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

SYSTEM = "kube-system"


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """What was seen.

    Attributes:
        views: By host name; the hosts whose shell could be asked.
        nodes: By node name.
        leases: When each node last gave a sign of life, by its own clock.
        now: By the control plane's clock.
        kubelets: By node name: why its kubelet does not answer; empty when it does.
        storage_class: The default one.
    """

    cluster: Cluster
    views: Mapping[str, HostView]
    nodes: Mapping[str, Node]
    leases: Mapping[str, datetime]
    now: datetime
    version: str
    kubelets: Mapping[str, str]
    pods: tuple[Pod, ...]
    services: tuple[Service, ...]
    storage_class: str | None

    def node_of(self, host: str) -> Node | None:
        """Return the node of *host*; of a silent host, the node with the host's own name."""
        view = self.views.get(host)
        names = [view.node] if view else [host.lower(), host.lower().partition(".")[0]]
        return next((self.nodes[name] for name in names if name in self.nodes), None)

    def host_of(self, node: str | None) -> str | None:
        """Return the host whose node is called *node*."""
        for host in self.cluster.hosts:
            found = self.node_of(host)
            if found is not None and found.name == node:
                return host
        return None


async def look_at_hosts(
    transports: Mapping[str, Transport],
) -> tuple[dict[str, HostView], dict[str, KuberryError]]:
    """Return what each host's shell sees, and why where it cannot be asked."""

    async def one(transport: Transport) -> HostView | KuberryError:
        try:
            return await look(transport)
        except KuberryError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(one(item)) for name, item in transports.items()}
    results = {name: task.result() for name, task in tasks.items()}
    return (
        {name: one for name, one in results.items() if isinstance(one, HostView)},
        {name: one for name, one in results.items() if isinstance(one, KuberryError)},
    )


async def look_at_cluster(kube: Kube, cluster: Cluster, views: Mapping[str, HostView]) -> Sight:
    """Return what the API server tells.

    Raises:
        ApiUnreachable: It stopped answering.
        ApiRefused: It answered with an error.
    """
    try:
        async with asyncio.TaskGroup() as group:
            nodes = group.create_task(kube.nodes())
            leases = group.create_task(kube.leases())
            now = group.create_task(kube.now())
            version = group.create_task(kube.version())
            pods = group.create_task(kube.pods(SYSTEM))
            services = group.create_task(kube.services(SYSTEM))
            storage_class = group.create_task(kube.default_storage_class())
        async with asyncio.TaskGroup() as group:
            kubelets = {
                one.name: group.create_task(kube.kubelet_problem(one.name))
                for one in nodes.result()
            }
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return Sight(
        cluster=cluster,
        views=views,
        nodes={one.name: one for one in nodes.result()},
        leases={one.node: one.renewed for one in leases.result()},
        now=now.result(),
        version=version.result(),
        kubelets={name: task.result() for name, task in kubelets.items()},
        pods=pods.result(),
        services=services.result(),
        storage_class=storage_class.result(),
    )


def tell_hosts(sight: Sight, emit: Emit) -> None:
    """Say what each host is, as far as its kubelet told the API server."""
    for host in sight.cluster.hosts:
        if node := sight.node_of(host):
            emit(
                HostSeen(host=host, os=node.os, kernel=node.kernel, architecture=node.architecture)
            )
