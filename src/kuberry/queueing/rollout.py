"""Kueue's definitions and its controller: whether they work, and why not.

What a Deployment's status means: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
and, of a definition, "Established": https://kubernetes.io/docs/reference/kubernetes-api/
extend-resources/custom-resource-definition-v1/.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kuberry.errors import ApiUnreachable, VerifyFailed
from kuberry.model.event import Emit, Notice
from kuberry.model.queue import ControllerStatus
from kuberry.queueing.admission import Answer, condition_by_type, found
from kuberry.queueing.release import CONTAINER, CONTROLLER, NAMESPACE

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_PATH = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{CONTROLLER}"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ESTABLISHED_S, _PAUSE_S = 60.0, 2.0
_ABSENT = f"there is no Deployment {NAMESPACE}/{CONTROLLER}"
_BRING = "name manifests.yaml of its release; a Kueue in another namespace is not known here"
_LOOK = f"kuberry kubectl -n {NAMESPACE} describe pods"
_LOGS = f"kuberry kubectl -n {NAMESPACE} logs deployment/{CONTROLLER}"


async def await_definitions(kube: Kube, names: Sequence[str]) -> None:
    """Return when the API server serves what the definitions *names* define.

    Raises:
        VerifyFailed: One is not established within a minute.
    """
    waiting, why = list(names), ""
    try:
        async with asyncio.timeout(_ESTABLISHED_S):
            while waiting:
                one = await found(kube, f"{_DEFINITIONS}/{waiting[0]}")
                conditions = condition_by_type(one or {})
                if conditions.get("Established", {}).get("status") == "True":
                    waiting.pop(0)
                    continue
                why = conditions.get("NamesAccepted", {}).get("message") or "no reason is given"
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise VerifyFailed(
            f"{waiting[0]} is not established within {_ESTABLISHED_S:g} s: {why}",
            remedy=f"kuberry kubectl describe crd {waiting[0]}; then the same line again",
        ) from None


async def await_controller(kube: Kube, *, timeout_s: float, emit: Emit) -> None:
    """Return when the controller is available; *emit* is told each new reason why it is not.

    Raises:
        VerifyFailed: There is none, or it is not available within *timeout_s*; what was applied
            stays.
    """
    status = ControllerStatus(ready=False, problem="the API server did not say")
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                last, status = status.problem, await _controller_or_silence(kube)
                if status.ready:
                    return
                if status.problem == _ABSENT:
                    raise VerifyFailed(
                        f"Kueue's definitions are there, and {_ABSENT}", remedy=_BRING
                    )
                if status.problem != last:
                    emit(
                        Notice(message=f"Kueue's controller is not available yet: {status.problem}")
                    )
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        raise VerifyFailed(
            f"Kueue's controller is not available within {timeout_s:g} s: {status.problem}",
            remedy=f"{remedy_for(status)}; then the same line again",
        ) from None


async def _controller_or_silence(kube: Kube) -> ControllerStatus:
    """Return how the controller is; an API server may be silent while its host unpacks an image."""
    try:
        return await controller(kube)
    except ApiUnreachable as error:
        return ControllerStatus(ready=False, problem=error.message)


async def controller(kube: Kube) -> ControllerStatus:
    """Return how Kueue's controller is."""
    one = await found(kube, _PATH)
    if one is None:
        return ControllerStatus(ready=False, problem=_ABSENT)
    containers = one["spec"]["template"]["spec"]["containers"]
    image = next((each.get("image", "") for each in containers if each["name"] == CONTAINER), "")
    if _is_available(one):
        return ControllerStatus(ready=True, image=image)
    return ControllerStatus(ready=False, problem=await _why(kube, one), image=image)


def _is_available(one: Answer) -> bool:
    """Return whether the newest template runs, and alone: as ``kubectl rollout status`` has it."""
    status, wanted = one.get("status") or {}, one["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < one["metadata"].get("generation", 0):
        return False
    counts = (status.get(word, 0) for word in ("replicas", "updatedReplicas", "availableReplicas"))
    return all(count == wanted for count in counts)


async def _why(kube: Kube, one: Answer) -> str:
    pods = [pod for pod in await kube.pods(NAMESPACE) if pod.name.startswith(f"{CONTROLLER}-")]
    for pod in pods:
        if pod.problem:
            return pod.problem
    if any(not pod.ready for pod in pods):
        return "its pod is there, and not ready yet"
    failure = condition_by_type(one).get("ReplicaFailure", {})
    return failure.get("message") or "its new pod is not there yet"


def remedy_for(status: ControllerStatus) -> str:
    """Return what to do about the problem that *status* tells."""
    reason = status.problem.partition(":")[0]
    if "Image" in reason:
        return (
            f"have the nodes reach the registry of {status.image}, or bring its archive to them: "
            "kuberry image add kueue FILE, then kuberry deploy --images kueue"
        )
    if reason == "Unschedulable":
        return "no node has room for it or takes ordinary pods: add one, or end something"
    if reason in {"CrashLoopBackOff", "Error", "OOMKilled"}:
        return f"its own words: {_LOGS}"
    return f"see what its pod says: {_LOOK}"
