"""From the objects of the Kubernetes client to ours; pure."""

from __future__ import annotations

from lightkube.models import core_v1 as wire

from kuberry.kube.objects import Node, Pod, Service

_REPELLING = {"NoSchedule", "NoExecute"}
_ROLE = "node-role.kubernetes.io/"


def node(one: wire.Node) -> Node:
    """Return *one* in our words."""
    status = one.status or wire.NodeStatus()
    ready = next((c for c in status.conditions or [] if c.type == "Ready"), None)
    addresses = (a.address for a in status.addresses or [] if a.type == "InternalIP")
    spec = one.spec or wire.NodeSpec()
    info = status.nodeInfo
    is_ready = ready is not None and ready.status == "True"
    problem = "it never reported" if ready is None else ready.message or ready.reason or ""
    return Node(
        name=_name(one),
        ready=is_ready,
        problem="" if is_ready else problem,
        version=info.kubeletVersion if info else "",
        address=next(addresses, None),
        repels=any(taint.effect in _REPELLING for taint in spec.taints or []),
        os=info.osImage if info else "",
        kernel=info.kernelVersion if info else "",
        architecture=info.architecture if info else "",
        created=one.metadata.creationTimestamp if one.metadata else None,
        roles=_roles(one),
    )


def _roles(one: wire.Node) -> tuple[str, ...]:
    labels = (one.metadata.labels if one.metadata else None) or {}
    return tuple(sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)))


def pod(one: wire.Pod) -> Pod:
    """Return *one* in our words."""
    status = one.status or wire.PodStatus()
    conditions = {condition.type: condition for condition in status.conditions or []}
    ready = "Ready" in conditions and conditions["Ready"].status == "True"
    phase = status.phase or "Unknown"
    metadata = one.metadata
    return Pod(
        name=_name(one),
        node=one.spec.nodeName if one.spec else None,
        phase=phase,
        ready=ready and phase == "Running",
        problem=_problem(status),
        address=status.podIP,
        labels=dict((metadata.labels if metadata else None) or {}),
    )


def _problem(status: wire.PodStatus) -> str:
    """Return the first reason that something of the pod gives for not running."""
    for container in (*(status.initContainerStatuses or []), *(status.containerStatuses or [])):
        state = container.state
        if state and state.waiting and state.waiting.reason:
            return _sentence(state.waiting.reason, state.waiting.message)
        if state and state.terminated and state.terminated.exitCode:
            return _sentence(
                state.terminated.reason or "Error", f"exit status {state.terminated.exitCode}"
            )
    for condition in status.conditions or []:
        if condition.status == "False" and condition.type == "PodScheduled":
            return _sentence(condition.reason or "Unscheduled", condition.message)
    return _sentence(status.reason, status.message) if status.reason else ""


def _sentence(reason: str, message: str | None) -> str:
    return f"{reason}: {message}" if message else reason


def service(one: wire.Service) -> Service:
    """Return *one* in our words."""
    spec = one.spec or wire.ServiceSpec()
    ports = [port.nodePort for port in spec.ports or [] if port.nodePort]
    return Service(
        name=_name(one), address=spec.clusterIP or "", node_port=ports[0] if ports else None
    )


def _name(one: wire.Node | wire.Pod | wire.Service) -> str:
    return (one.metadata.name if one.metadata else None) or ""
