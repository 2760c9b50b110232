"""A batch queue brought to a cluster: definitions, controller, queues, each when it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kuberry.model.event import Emit, Phase
from kuberry.model.queue import QueuePlan, QueueReport
from kuberry.queueing import rollout
from kuberry.queueing.apply import Applying
from kuberry.queueing.manifests import Manifest
from kuberry.queueing.plan import plan

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

TIMEOUT_S = 300.0
"""For the controller: on a small host its image is fetched and unpacked for minutes."""


async def install(
    kube: Kube,
    boards: Mapping[str, str | None],
    controller: Sequence[Manifest],
    *,
    timeout_s: float,
    emit: Emit,
) -> QueueReport:
    """Make the cluster one with a batch queue; what is so already stays as it is.

    Nothing is applied before a plan is made. The quota is planned once more when the controller
    runs: what that requests is not free for jobs.

    Args:
        boards: The model of each node's board, by the name of the node.
        controller: Kueue's release; empty when the cluster has Kueue already.
        timeout_s: Seconds for the controller to become available.
        emit: Is told how far it is.

    Raises:
        PreflightFailed: As `plan`; nothing was applied.
        ApiRefused: The API server does not take an object.
        VerifyFailed: Kueue does not work in time; what was applied stays.
    """
    made, work = await plan(kube, boards, controller), Applying(kube)
    await _bring(kube, work, made, emit)
    emit(Phase(name="controller", message="wait until Kueue's controller is available"))
    await rollout.await_controller(kube, timeout_s=timeout_s, emit=emit)
    made = await plan(kube, boards, controller)
    emit(Phase(name="queues", message=f"apply flavors and queues ({len(made.queues)})"))
    await work.apply_all(made.queues)
    return QueueReport(
        outcome="done" if work.changes else "unchanged", plan=made, changes=tuple(work.changes)
    )


async def _bring(kube: Kube, work: Applying, made: QueuePlan, emit: Emit) -> None:
    """Bring Kueue itself: its definitions first, or the server does not know the rest."""
    definitions = [one for one in made.controller if one["kind"] == "CustomResourceDefinition"]
    rest = [one for one in made.controller if one not in definitions]
    if not rest:
        return
    emit(Phase(name="definitions", message=f"apply Kueue's definitions ({len(definitions)})"))
    await work.apply_all(definitions)
    await rollout.await_definitions(kube, [one["metadata"]["name"] for one in definitions])
    emit(Phase(name="kueue", message=f"apply Kueue's controller and its rights ({len(rest)})"))
    await work.apply_all(rest)
