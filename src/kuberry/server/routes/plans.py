"""Plans: what a run would do."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request

from kuberry.model.removal import ResetPlan
from kuberry.model.report import PlanReport
from kuberry.model.request import AnyPlanRequest
from kuberry.server.access import OPERATE
from kuberry.server.orders import plan_out
from kuberry.server.state import state_of

router = APIRouter(prefix="/plans", tags=["plans"])
_DEADLINE_S = 900.0  # a bundle may have to come first


@router.post("", dependencies=[Depends(OPERATE)])
async def make_plan(
    request: Request, wish: Annotated[AnyPlanRequest, Body(discriminator="command")]
) -> PlanReport | ResetPlan:
    """Return what a run would do, without doing it, as `--dry-run` does."""
    state = state_of(request)
    await asyncio.to_thread(state.allowed.check_request, wish)
    async with asyncio.timeout(_DEADLINE_S):
        return await state.looks.do(lambda: plan_out(wish, state.settings))
