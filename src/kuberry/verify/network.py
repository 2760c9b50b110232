"""Do pods reach each other, and do services answer: from every node, and from outside?"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence

from kuberry.errors import KuberryError
from kuberry.kube.objects import Service
from kuberry.transports.transport import Transport
from kuberry.verify.inside import Inside
from kuberry.verify.ledger import Ledger, at, between
from kuberry.verify.manifests import PAYLOAD_BYTES, Site
from kuberry.verify.pods import Probe

_ASK_S = 2.0
_PATIENCE_S = 4.0
_PAUSE_S = 0.3
_LONGEST_ANSWER = 4096


def judge_pods(probes: Sequence[Probe], seen: Mapping[str, Inside], ledger: Ledger) -> None:
    """Record how much of the payload came from every pod to every other."""
    for source in probes:
        for target in probes:
            if source is target:
                continue
            place = between(source.host, target.host)
            came = seen[source.host].peers.get(target.address, 0) if source.host in seen else 0
            ledger.judge(
                "network.pods",
                place,
                "" if came == PAYLOAD_BYTES else _shortfall(came, target),
                f"does a firewall of {source.host} or {target.host} drop forwarded packets? "
                f"sudo iptables -S FORWARD; sudo nft list ruleset",
            )


def _shortfall(came: int, target: Probe) -> str:
    if came == 0:
        return f"nothing came from {target.address}"
    return f"{came} of {PAYLOAD_BYTES} bytes came from {target.address} (packets too large?)"


def judge_services(
    probes: Sequence[Probe],
    seen: Mapping[str, Inside],
    anchor: Probe,
    service: Service,
    site: Site,
    ledger: Ledger,
) -> None:
    """Record whether the service answered each pod."""
    wanted = site.word_of(anchor.node.name)
    for probe in probes:
        answer = seen[probe.host].service if probe.host in seen else ""
        problem = f"{service.address} answers {answer[:120]!r}, {anchor.host} should"
        ledger.judge(
            "network.clusterip",
            at(probe.host).through(anchor.host),
            "" if answer == wanted else problem,
            f"look at kube-proxy of {probe.host}: sudo iptables-save -t nat | grep KUBE-SVC",
        )


def judge_dns(
    probes: Sequence[Probe], seen: Mapping[str, Inside], server: str, api: str, ledger: Ledger
) -> None:
    """Record whether each pod found the address of the API's service by its name.

    Args:
        server: Address of the cluster's name server.
        api: Address that the name stands for.
    """
    for probe in probes:
        answer = seen[probe.host].dns if probe.host in seen else ""
        ledger.judge(
            "dns.lookup",
            at(probe.host),
            "" if api in answer.split() else f"{server} answers: {answer[:200] or 'nothing'}",
            "kuberry kubectl -n kube-system get pods -l k8s-app=kube-dns",
        )


async def ask_node_ports(
    probes: Sequence[Probe],
    port: int,
    wanted: str,
    transports: Mapping[str, Transport],
) -> dict[str, tuple[str, str]]:
    """Return, by host, why its port does not lead to the service, and who asked.

    This machine asks first; where it gets no answer, another host does.

    Args:
        wanted: What the service says.
    """

    async def one(probe: Probe) -> tuple[str, str]:
        address = probe.node.address or probe.host
        problem = await _ask(address, port, wanted)
        if not problem:
            return "", "asked from this machine"
        others = [name for name in transports if name != probe.host]
        name = next(iter(others), probe.host)
        if name not in transports:
            return problem, "asked from this machine"
        other = await _ask_through(transports[name], address, port, wanted)
        who = name if others else "the host itself: there is no other"
        return other, f"asked from {who}; this machine: {problem}"

    async with asyncio.TaskGroup() as group:
        tasks = {probe.host: group.create_task(one(probe)) for probe in probes}
    return {host: task.result() for host, task in tasks.items()}


def judge_node_ports(
    answers: Mapping[str, tuple[str, str]], anchor: Probe, port: int, ledger: Ledger
) -> None:
    """Record whether the port of each node leads to the service."""
    for host, (problem, who) in answers.items():
        place = at(host).through(anchor.host)
        if problem:
            remedy = f"does a firewall on {host} drop TCP ports 30000-32767?"
            ledger.fail("network.nodeport", place, f"port {port}: {problem}; {who}", remedy)
        elif not ledger.skip("network.nodeport", place):
            ledger.ok("network.nodeport", place, who)


async def _ask_through(transport: Transport, address: str, port: int, wanted: str) -> str:
    try:
        async with transport.forward(address, port) as local:
            return await _ask("127.0.0.1", local, wanted)
    except KuberryError as error:
        return error.message


async def _ask(address: str, port: int, wanted: str) -> str:
    """Return why the port does not lead to who says *wanted*; kube-proxy gets a moment for it."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        problem = await _ask_once(address, port, wanted)
        if not problem or time.monotonic() > end:
            return problem
        await asyncio.sleep(_PAUSE_S)


async def _ask_once(address: str, port: int, wanted: str) -> str:
    try:
        async with asyncio.timeout(_ASK_S):
            answer = await _fetch(address, port)
    except TimeoutError:
        return f"no answer within {_ASK_S:g} s"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return "" if wanted in answer.split() else f"it answers {answer[-120:]!r}"


async def _fetch(address: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(b"GET /word HTTP/1.0\r\n\r\n")
        await writer.drain()
        pieces = []
        while piece := await reader.read(_LONGEST_ANSWER):
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")
    finally:
        writer.close()
