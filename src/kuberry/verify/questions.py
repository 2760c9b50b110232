"""The questions to a running cluster, in their order; each rests on the answers before it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kuberry.kube.objects import Service
from kuberry.model.event import Emit
from kuberry.transports.transport import Transport
from kuberry.verify import manifests, network, pods, workloads
from kuberry.verify.ledger import CLUSTER, Ledger, at, between, hosts_ok
from kuberry.verify.manifests import SERVICE, Site
from kuberry.verify.namespace import own_namespace
from kuberry.verify.nodes import judge_nodes, judge_routes
from kuberry.verify.pods import Probe
from kuberry.verify.sight import SYSTEM, Sight
from kuberry.verify.system import SETTLE_S, judge_system, settled

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_ADDRESS_S = 10.0
_ENDPOINT_S = 20.0
"""A controller manager that lost its place takes up to 17 s until it acts again (a lease of 15 s,
tried every 2 s: the defaults of `--leader-elect-lease-duration` and `…-retry-period`)."""
_PAUSE_S = 0.1
_OF_A_POD = ("pods.logs", "pods.exec", "network.clusterip", "network.nodeport")
_DNS = "kube-dns"  # CoreDNS goes by that name, too


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """Whom the questions go to, and where the answers go.

    Attributes:
        transports: By host name; for questions that are asked from another host.
        settle_s: Seconds that system pods get to be ready.
    """

    kube: Kube
    ledger: Ledger
    transports: Mapping[str, Transport]
    emit: Emit
    settle_s: float = SETTLE_S


async def ask(asked: Asked, sight: Sight) -> None:
    """Ask everything.

    Raises:
        ApiUnreachable: The API server stopped answering.
        ApiRefused: It answered with an error.
    """
    ledger = asked.ledger
    judge_nodes(sight, ledger)
    judge_routes(sight, ledger)
    alive = hosts_ok(ledger, "nodes.ready", sight.cluster.hosts)
    nodes = frozenset(node.name for host in alive if (node := sight.node_of(host)))
    async with own_namespace(asked.kube, ledger, asked.emit) as site:
        async with asyncio.TaskGroup() as group:
            wait = settled(asked.kube, sight, nodes, asked.settle_s, asked.emit)
            system = group.create_task(wait)
            started = group.create_task(pods.start(asked.kube, site, sight, ledger))
        judge_system(system.result(), ledger)
        _skip_where_none_started(sight, started.result(), ledger)
        if started.result():
            await _ask_pods(asked, sight, site, started.result())


def _skip_where_none_started(sight: Sight, probes: tuple[Probe, ...], ledger: Ledger) -> None:
    """Record what cannot be asked where no pod of ours runs."""
    there = {probe.host for probe in probes}
    for host in sight.cluster.hosts:
        if host in there:
            continue
        for probe in _OF_A_POD:
            ledger.skip(probe, at(host))
        for other in sight.cluster.hosts:
            if other != host:
                ledger.skip("network.pods", between(host, other))
                ledger.skip("network.pods", between(other, host))
    if not probes:
        for probe in ("workloads.rollout", "storage.claim"):
            ledger.skip_for_want_of("pods.start", probe)


async def _ask_pods(asked: Asked, sight: Sight, site: Site, probes: tuple[Probe, ...]) -> None:
    kube, ledger = asked.kube, asked.ledger
    async with asyncio.TaskGroup() as group:
        group.create_task(pods.speak(kube, site, probes, ledger))
        group.create_task(_ask_network(asked, sight, site, probes))
        group.create_task(workloads.roll_out(kube, site, probes, ledger))
        group.create_task(workloads.use_claim(kube, site, probes, sight.storage_class, ledger))


async def _ask_network(asked: Asked, sight: Sight, site: Site, probes: tuple[Probe, ...]) -> None:
    ledger, anchor = asked.ledger, probes[0]
    service = await _service(asked.kube, site, anchor)
    dns = next((one.address for one in sight.services if one.name == _DNS), None)
    around = {"service": service.address, **({"dns": dns} if dns else {})}
    async with asyncio.TaskGroup() as group:
        inside = group.create_task(pods.ask_inside(asked.kube, site, probes, around, ledger))
        outside = group.create_task(_ask_node_ports(asked, site, service, probes))
    network.judge_pods(probes, inside.result(), ledger)
    network.judge_services(probes, inside.result(), anchor, service, site, ledger)
    network.judge_node_ports(outside.result(), anchor, service.node_port or 0, ledger)
    if dns is None:
        ledger.absent("dns.lookup", CLUSTER, f"there is no service {_DNS} in {SYSTEM}")
    else:
        api = await _api_address(asked.kube)
        network.judge_dns(probes, inside.result(), dns, api, ledger)


async def _ask_node_ports(
    asked: Asked, site: Site, service: Service, probes: tuple[Probe, ...]
) -> dict[str, tuple[str, str]]:
    wanted = site.word_of(probes[0].node.name)
    port = service.node_port or 0
    return await network.ask_node_ports(probes, port, wanted, asked.transports)


async def _service(kube: Kube, site: Site, anchor: Probe) -> Service:
    """Return the service that leads to *anchor*, once it has its address and leads somewhere."""
    await kube.create(manifests.service(site, anchor.node.name))
    end = time.monotonic() + _ADDRESS_S
    while True:
        found = await kube.services(site.namespace)
        service = next((one for one in found if one.name == SERVICE), None)
        if (service and service.address) or time.monotonic() > end:
            break
        await asyncio.sleep(_PAUSE_S)
    await _leads_somewhere(kube, site)
    return service or Service(SERVICE, "none")


async def _leads_somewhere(kube: Kube, site: Site) -> None:
    """Wait until the service has an endpoint, or had its time."""
    end = time.monotonic() + _ENDPOINT_S
    while True:
        if await kube.endpoints(site.namespace, SERVICE) or time.monotonic() > end:
            return
        await asyncio.sleep(_PAUSE_S)


async def _api_address(kube: Kube) -> str:
    found = await kube.services("default")
    return next((one.address for one in found if one.name == "kubernetes"), "")
