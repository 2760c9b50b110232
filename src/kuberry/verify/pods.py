"""A pod of ours on every node that lives: does it start, speak, and obey?"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kuberry.errors import KuberryError
from kuberry.kube.objects import Node, Pod
from kuberry.verify import inside, manifests, remedies
from kuberry.verify.ledger import Ledger, at
from kuberry.verify.manifests import Site, pod_name
from kuberry.verify.sight import Sight

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

START_S = 60.0
LOG_S = 5.0
_PAUSE_S = 0.2
_CONCURRENT = 16
# Not among them is CreateContainerConfigError: a kubelet that has just started says "services have
# not yet been read at least once" (pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables).
_HOPELESS = ("ErrImageNeverPull", "InvalidImageName")


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """A pod of ours that runs.

    Attributes:
        host: As the user calls it.
        address: Of the pod.
        look: The command that shows what its kubelet said.
    """

    host: str
    node: Node
    address: str
    look: str


async def start(kube: Kube, site: Site, sight: Sight, ledger: Ledger) -> tuple[Probe, ...]:
    """Have a pod run on every node that lives; return those that do."""
    wanted: dict[str, Node] = {}
    for host in sight.cluster.hosts:
        node = sight.node_of(host)
        if node is not None and not ledger.skip("pods.start", at(host)):
            wanted[host] = node
    async with asyncio.TaskGroup() as group:
        tasks = {
            host: group.create_task(_create(kube, site, node.name)) for host, node in wanted.items()
        }
    refused = {host: task.result() for host, task in tasks.items()}
    pods = await _wait(kube, site, [node for host, node in wanted.items() if not refused[host]])
    all_run = all(pod_name(node.name) in pods for node in wanted.values()) and all(
        pod.ready for pod in pods.values()
    )
    warnings = {} if all_run else await kube.warnings(site.namespace)
    started = []
    for host, node in wanted.items():
        pod = pods.get(pod_name(node.name))
        if pod and pod.ready and pod.address:
            ledger.ok("pods.start", at(host))
            look = remedies.journal(sight.cluster, host)
            started.append(Probe(host, node, pod.address, look))
        else:
            problem = refused[host] or _problem(pod, warnings.get(pod_name(node.name), ""))
            ledger.fail("pods.start", at(host), problem, _remedy(problem, sight, host))
    return tuple(started)


async def _create(kube: Kube, site: Site, node: str) -> str:
    try:
        await kube.create(manifests.pod(site, node))
    except KuberryError as error:
        return error.message
    return ""


async def _wait(kube: Kube, site: Site, nodes: Sequence[Node]) -> dict[str, Pod]:
    """Return our pods by name once each is ready or without hope, at the deadline as they are."""
    names = {pod_name(node.name) for node in nodes}
    end = time.monotonic() + START_S
    while True:
        pods = {pod.name: pod for pod in await kube.pods(site.namespace) if pod.name in names}
        if not names or all(map(_is_decided, pods.values())) or time.monotonic() > end:
            return pods
        await asyncio.sleep(_PAUSE_S)


def _is_decided(pod: Pod) -> bool:
    return pod.ready or pod.problem.startswith(_HOPELESS)


def _problem(pod: Pod | None, warning: str) -> str:
    if pod is None:
        return "the pod is gone"
    problem = pod.problem or f"it is {pod.phase}"
    if problem.startswith(_HOPELESS):
        return problem
    return f"not running after {START_S:.0f} s: {warning or problem}"


def _remedy(problem: str, sight: Sight, host: str) -> str:
    if "ErrImageNeverPull" in problem:
        return f"the probe image is gone from {host}: the same `kuberry deploy` brings it back"
    return f"look on {host}: {remedies.runtime_journal(sight.cluster, host)}"


async def speak(kube: Kube, site: Site, probes: Sequence[Probe], ledger: Ledger) -> None:
    """Record whether the log of each pod can be read and is its own."""
    turns = asyncio.Semaphore(_CONCURRENT)

    async def one(probe: Probe) -> None:
        async with turns:
            problem = await _log_problem(kube, site, probe)
        ledger.judge("pods.logs", at(probe.host), problem, _port_remedy(probe))

    async with asyncio.TaskGroup() as group:
        for probe in probes:
            group.create_task(one(probe))


async def _log_problem(kube: Kube, site: Site, probe: Probe) -> str:
    end = time.monotonic() + LOG_S
    while True:
        try:
            text = await kube.log(site.namespace, pod_name(probe.node.name))
        except KuberryError as error:
            return error.message
        if site.word_of(probe.node.name) in text:
            return ""
        if time.monotonic() > end:
            return f"it says {text.strip()[:80]!r}, not its word"
        await asyncio.sleep(_PAUSE_S)


async def ask_inside(
    kube: Kube, site: Site, probes: Sequence[Probe], around: Mapping[str, str], ledger: Ledger
) -> dict[str, inside.Inside]:
    """Return what the pod of each host sees; record whether it obeyed.

    Args:
        around: Address of the ``service``, and of ``dns`` where there is one.
    """
    turns = asyncio.Semaphore(_CONCURRENT)

    async def one(probe: Probe) -> inside.Inside | str:
        peers = [other.address for other in probes if other is not probe]
        word = site.word_of(probe.node.name)
        order = inside.words(word, around["service"], around.get("dns"), peers)
        async with turns:
            return await _execute(kube, site, probe, order)

    async with asyncio.TaskGroup() as group:
        tasks = {probe: group.create_task(one(probe)) for probe in probes}
    seen = {}
    for probe, task in tasks.items():
        answer = task.result()
        problem = answer if isinstance(answer, str) else ""
        ledger.judge("pods.exec", at(probe.host), problem, _port_remedy(probe))
        if not isinstance(answer, str):
            seen[probe.host] = answer
    return seen


async def _execute(
    kube: Kube, site: Site, probe: Probe, order: tuple[str, ...]
) -> inside.Inside | str:
    name = pod_name(probe.node.name)
    try:
        ended = await kube.execute(site.namespace, name, order, deadline_s=inside.DEADLINE_S)
    except KuberryError as error:
        return error.message
    answer = inside.read(ended.stdout)
    if answer.word != site.word_of(probe.node.name):
        return f"exit status {ended.exit_status}: {(ended.stderr or ended.stdout).strip()[:200]}"
    return answer


def _port_remedy(probe: Probe) -> str:
    return f"the way is API server → kubelet of {probe.host}, port 10250: {probe.look}"
