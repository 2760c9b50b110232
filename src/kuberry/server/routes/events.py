"""Events as they happen: server-sent events, which can be taken up where they were left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from kuberry.journal.follow import Kept, events_of, newest_number
from kuberry.server.access import looking
from kuberry.server.problems import Refused
from kuberry.server.routes.runs import found
from kuberry.server.state import State, state_of

router = APIRouter(prefix="/events", tags=["events"])
MOST_FOLLOWERS = 200
_TYPE = "text/event-stream"
_RETRY_MS = 1000
_BEAT = ": still here\n\n"
RunFilter = Annotated[str | None, Query(pattern=r"^([0-9]{8}-[0-9]{6}-[0-9a-f]{6}|last)$")]
LastId = Annotated[str | None, Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,15}$")]


@router.get(
    "",
    dependencies=[looking()],
    response_class=StreamingResponse,
    responses={
        200: {"content": {_TYPE: {"schema": {"type": "string"}}}},
        204: {"description": "The run has ended, and all of it was told."},
    },
)
async def follow(request: Request, run: RunFilter = None, last: LastId = None) -> Response:
    """Tell events as they are kept, each as one line of JSON (docs/events.md).

    With `run`, that run from its beginning or from behind `Last-Event-ID` on; the stream ends with
    the run. Without, all runs from now on or from behind `Last-Event-ID` on, without an end. The
    ids of both count apart.
    """
    state = state_of(request)
    if state.tail.followers >= MOST_FOLLOWERS:
        raise Refused(503, "too-many-followers", f"{MOST_FOLLOWERS} follow events already")
    if run is None:
        after = int(last) if last else newest_number(state.store)
        return _stream(_all_runs(state, after))
    detail = found(state, run)
    after = int(last or 0)
    if detail.run.state != "running" and not events_of(state.store, detail.run.id, after):
        return Response(status_code=204)
    return _stream(_one_run(state, detail.run.id, after))


async def _all_runs(state: State, after: int) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\nid: {after}\n\n"
    async for one in state.tail.follow("", after):
        yield _BEAT if one is None else _told(one.number, one)


async def _one_run(state: State, run: str, after: int) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    async for one in state.tail.follow(run, after):
        if one is None:
            if state.journal.find(run).run.state != "running":
                return  # its process was killed: nothing follows
            yield _BEAT
            continue
        yield _told(one.seq, one)
        if json.loads(one.record)["event"]["kind"] == "run-ended":
            return


def _told(number: int, one: Kept) -> str:
    return f"id: {number}\ndata: {one.record}\n\n"


def _stream(texts: AsyncIterator[str]) -> StreamingResponse:
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(texts, media_type=_TYPE, headers=headers)
