"""From a request to the façade's function that does it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, assert_never

from kuberry.api import deploy, node, reset, stop, verify
from kuberry.model.event import Emit
from kuberry.model.preparation import Preparation
from kuberry.model.removal import ResetPlan
from kuberry.model.report import PlanReport
from kuberry.model.request import (
    AnyPlanRequest,
    AnyRequest,
    DeployRequest,
    NodeAddRequest,
    NodeRemoveRequest,
    ResetRequest,
    StopRequest,
    VerifyRequest,
)
from kuberry.settings import Settings


def carry_out(request: AnyRequest, settings: Settings, emit: Emit) -> Coroutine[Any, Any, object]:
    """Return the coroutine that does what *request* asks for; the run is kept in the journal."""
    match request:
        case DeployRequest():
            wanted, when = wanted_of(request), request.verify
            return deploy.deploy(
                request.hosts, wanted=wanted, verify=when, settings=settings, emit=emit
            )
        case NodeAddRequest():
            wanted, when = wanted_of(request), request.verify
            return node.node_add(
                request.hosts, wanted=wanted, verify=when, settings=settings, emit=emit
            )
        case NodeRemoveRequest():
            named, leave = request.cluster, _leave(request)
            return node.node_remove(
                request.hosts, cluster=named, leave=leave, settings=settings, emit=emit
            )
        case ResetRequest():
            return reset.reset(
                request.hosts,
                cluster=request.cluster,
                skip_unreachable=request.skip_unreachable,
                settings=settings,
                emit=emit,
            )
        case StopRequest():
            drain_s = request.drain_s
            return stop.stop(request.cluster, drain_s=drain_s, settings=settings, emit=emit)
        case VerifyRequest():
            return verify.verify(request.cluster, settings=settings, emit=emit)
        case _:
            assert_never(request)


def plan_out(
    request: AnyPlanRequest, settings: Settings
) -> Coroutine[Any, Any, PlanReport | ResetPlan]:
    """Return the coroutine that says what `carry_out` would do, and does not do it."""
    match request:
        case DeployRequest():
            return deploy.plan(request.hosts, wanted=wanted_of(request), settings=settings)
        case NodeAddRequest():
            wanted = wanted_of(request)
            return node.plan_node_add(request.hosts, wanted=wanted, settings=settings)
        case NodeRemoveRequest():
            named, leave = request.cluster, _leave(request)
            return node.plan_node_remove(
                request.hosts, cluster=named, leave=leave, settings=settings
            )
        case ResetRequest():
            return reset.plan(
                request.hosts,
                cluster=request.cluster,
                skip_unreachable=request.skip_unreachable,
                settings=settings,
            )
        case _:
            assert_never(request)


def wanted_of(request: DeployRequest | NodeAddRequest) -> deploy.Wanted:
    """Return what is said of the cluster, as the façade takes it."""
    if isinstance(request, NodeAddRequest):
        return deploy.Wanted(
            name=request.cluster, ignore=request.ignore, skip_unreachable=request.skip_unreachable
        )
    return deploy.Wanted(
        name=request.cluster,
        control_plane=request.control_plane,
        bundle=request.bundle,
        distribution=request.distribution,
        version=request.version,
        network=request.network,
        without=request.without,
        images=request.images,
        ignore=request.ignore,
        hot=request.hot,
        preparation=Preparation(
            page_size=request.page_size,
            new_machine_ids=request.new_machine_ids,
            open_firewall=request.open_firewall,
        ),
        skip_unreachable=request.skip_unreachable,
    )


def _leave(request: NodeRemoveRequest) -> node.Leave:
    return node.Leave(drain_s=request.drain_s, force=request.force)
