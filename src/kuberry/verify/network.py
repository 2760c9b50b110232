"""Do pods reach each other, and do services answer: from every node, and from outside?"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence

from kuberry.errors import KuberryError
from kuberry.kube.objects import Service
from kuberry.transports.transport import Transport
from kuberry.verify.inside import SERVICE_S, Inside
from kuberry.verify.ledger import Ledger, at, between
from kuberry.verify.manifests import PAYLOAD_BYTES, Site
from kuberry.verify.pods import Probe

_PODS = "network.pods"
_SMALL = "small packets pass, full ones do not"
_TWO = 2
_ASK_S = 2.0
_PATIENCE_S = SERVICE_S / 2  # it is asked twice, from here and from another host
_PAUSE_S = 0.3
_LONGEST_ANSWER = 4096


def judge_pods(probes: Sequence[Probe], seen: Mapping[str, Inside], ledger: Ledger) -> None:
    """Record how much of the payload came from every pod to every other.

    A host that is cut off from all others is one failure, not one for each pair.
    """
    problems = _pair_problems(probes, seen, ledger)
    cut_off = _cut_off(problems)
    for host in cut_off:
        detail = next(text for pair, text in problems.items() if host in pair)
        text = f"cut off from all other hosts: {detail}"
        ledger.fail(_PODS, at(host), text, _remedy(detail, host))
    for pair, problem in problems.items():
        known = next((host for host in cut_off if host in pair), None)
        if known:
            ledger.skip_because(_PODS, between(*pair), at(known))
        else:
            ledger.judge(_PODS, between(*pair), problem, _remedy(problem, " or ".join(pair)))


def _pair_problems(
    probes: Sequence[Probe], seen: Mapping[str, Inside], ledger: Ledger
) -> dict[tuple[str, str], str]:
    """Return what is wrong with each pair, without those that an earlier failure explains."""
    pairs = [(source, target) for source in probes for target in probes if source is not target]
    return {
        (source.host, target.host): _pair_problem(seen[source.host], target)
        for source, target in pairs
        if not ledger.skip(_PODS, between(source.host, target.host)) and source.host in seen
    }


def _pair_problem(inside: Inside, target: Probe) -> str:
    came = inside.peers.get(target.address, 0)
    if came == PAYLOAD_BYTES:
        return ""
    if target.address in inside.small:
        return f"{_SMALL}, of {target.address} {came} of {PAYLOAD_BYTES} bytes came"
    return f"nothing came from {target.address}"


def _cut_off(problems: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """Return the hosts none of whose pairs work, where the pairs of others show it is they."""
    hosts = dict.fromkeys(host for pair in problems for host in pair)
    bad = [
        host for host in hosts if all(problem for pair, problem in problems.items() if host in pair)
    ]
    return tuple(bad) if len(hosts) - len(bad) >= _TWO else ()


def _remedy(problem: str, where: str) -> str:
    if problem.startswith(_SMALL):
        return f"is the MTU of {where} larger than what the network carries? ip link; ping -M do -s"
    return (
        f"does a firewall of {where} drop forwarded packets? "
        "sudo iptables -S FORWARD; sudo nft list ruleset"
    )


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
