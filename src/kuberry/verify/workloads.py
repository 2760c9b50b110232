"""Do controllers and the scheduler do their work: a Deployment, and a volume?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from kuberry.errors import KuberryError
from kuberry.verify import manifests
from kuberry.verify.ledger import CLUSTER, Ledger
from kuberry.verify.manifests import CLAIM, REPLICAS, ROLLOUT, Site
from kuberry.verify.pods import Probe

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

ROLLOUT_S = 60.0
CLAIM_S = 90.0
_PAUSE_S = 0.2


async def roll_out(kube: Kube, site: Site, probes: Sequence[Probe], ledger: Ledger) -> None:
    """Record whether a Deployment gets its pods, on nodes where pods start."""
    if ledger.skip("workloads.rollout", CLUSTER):
        return
    problem = await _problem_of(_roll_out(kube, site, probes), kube, site, ROLLOUT_S)
    remedy = f"kuberry kubectl -n kube-system logs -l component=kube-controller-manager ({ROLLOUT})"
    ledger.judge("workloads.rollout", CLUSTER, problem, remedy)


async def _roll_out(kube: Kube, site: Site, probes: Sequence[Probe]) -> str:
    await kube.create(manifests.rollout(site, _nodes(probes)))
    while True:
        if await kube.replicas(site.namespace, ROLLOUT) >= REPLICAS:
            return ""
        await asyncio.sleep(_PAUSE_S)


async def use_claim(
    kube: Kube, site: Site, probes: Sequence[Probe], storage_class: str | None, ledger: Ledger
) -> None:
    """Record whether a volume of the default class can be claimed, written and read."""
    if storage_class is None:
        ledger.absent("storage.claim", CLUSTER, "there is no default storage class")
        return
    if ledger.skip("storage.claim", CLUSTER):
        return
    problem = await _problem_of(_use_claim(kube, site, probes), kube, site, CLAIM_S)
    remedy = f"look at the provisioner of {storage_class}: kuberry kubectl get pods -A"
    ledger.judge("storage.claim", CLUSTER, problem, remedy)


async def _use_claim(kube: Kube, site: Site, probes: Sequence[Probe]) -> str:
    for manifest in manifests.claim(site, _nodes(probes)):
        await kube.create(manifest)
    while True:
        pod = next((one for one in await kube.pods(site.namespace) if one.name == CLAIM), None)
        if pod is not None and pod.phase == "Succeeded":
            break
        if pod is None or pod.phase == "Failed":
            return f"the pod that writes it failed: {pod.problem if pod else 'it is gone'}"
        await asyncio.sleep(_PAUSE_S)
    text = await kube.log(site.namespace, CLAIM)
    return "" if site.word in text else f"it was written, but reads {text.strip()[:80]!r}"


async def _problem_of(work: Awaitable[str], kube: Kube, site: Site, deadline_s: float) -> str:
    """Return why *work* did not come to its end in time, as the cluster's warnings say."""
    end = time.monotonic() + deadline_s
    try:
        async with asyncio.timeout(deadline_s):
            return await work
    except KuberryError as error:
        return error.message
    except TimeoutError:
        if time.monotonic() < end:
            raise
    try:
        warnings = await kube.warnings(site.namespace)
    except KuberryError as error:
        return f"not done within {deadline_s:.0f} s; {error.message}"
    why = next((text for name, text in warnings.items() if name.startswith((ROLLOUT, CLAIM))), "")
    return f"not done within {deadline_s:.0f} s{': ' if why else ''}{why}"


def _nodes(probes: Sequence[Probe]) -> list[str]:
    """Return the nodes to use: those that welcome ordinary pods, if there are any."""
    welcoming = [probe.node.name for probe in probes if not probe.node.repels]
    return welcoming or [probe.node.name for probe in probes]
