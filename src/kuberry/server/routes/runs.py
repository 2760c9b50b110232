"""Runs: begun, listed, told, cancelled."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response

from kuberry.api.durations import durations
from kuberry.errors import UsageError
from kuberry.journal.audit import Entry, write_entry
from kuberry.model.access_token import TokenRecord
from kuberry.model.document import RunDocument
from kuberry.model.durations import Durations
from kuberry.model.request import AnyRequest, ClusterName
from kuberry.model.run import EventRecord, RunDetail, RunRecord
from kuberry.model.wire import EventPage, RunPage
from kuberry.reports.page import page
from kuberry.reports.story import tell
from kuberry.server.access import OPERATE, looking
from kuberry.server.problems import Refused
from kuberry.server.state import State, state_of

router = APIRouter(prefix="/runs", tags=["runs"])
requests = APIRouter(prefix="/requests", tags=["runs"])
RunId = Annotated[
    str,
    Path(
        pattern=r"^([0-9]{4}[0-9a-f-]{0,18}|last)$",
        description="A run's id, or how it begins; `last` is the newest run.",
        examples=["20261122-203021-5f3a07"],
    ),
]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[int, Query(ge=0, le=2**53)]
_KEY = r"^[A-Za-z0-9._-]{8,100}$"
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=_KEY,
        description="The same key and request again name the run that was begun, for a day.",
    ),
]
_PAGE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@router.get("", dependencies=[looking()])
def list_runs(
    request: Request,
    cluster: Annotated[ClusterName | None, Query()] = None,
    before: Cursor = None,
    limit: Limit = 20,
) -> RunPage:
    """List runs, newest first: those of this server and of all command lines of its user."""
    journal = state_of(request).journal
    known = journal.runs(cluster=cluster, before=before, limit=limit + 1)
    shown = known[:limit]
    return RunPage(runs=shown, next=shown[-1].id if len(known) > limit else None)


@router.post("", status_code=202)
async def begin_run(
    request: Request,
    response: Response,
    wish: Annotated[AnyRequest, Body(discriminator="command")],
    token: Annotated[TokenRecord, Depends(OPERATE)],
    key: Key = None,
) -> RunRecord:
    """Begin a run, as `kuberry deploy` and the others do; the answer comes when it has begun.

    What is wrong with the request itself is told at once; what goes wrong on hosts, the run tells.
    """
    state = state_of(request)
    await asyncio.to_thread(state.allowed.check_request, wish)
    if key is None:
        run = await state.runs.begin(wish)
    else:
        run = await state.runs.begin_once(wish, token.id, key)
    address = request.client.host if request.client else ""
    entry = Entry(token.id, address, "POST /runs", "begun", run)
    await asyncio.to_thread(write_entry, state.store, entry)
    response.headers["Location"] = f"/v1/runs/{run}"
    return (await asyncio.to_thread(state.journal.find, run)).run


@router.get("/durations", dependencies=[looking()])
def get_durations(request: Request) -> Durations:
    """Return how long steps took in the newest runs: who follows a run guesses its end by that."""
    return durations(settings=state_of(request).settings)


@router.get("/{run}", dependencies=[looking()])
def get_run(request: Request, run: RunId) -> RunDetail:
    """Return one run with its report; `last` is the newest run."""
    return found(state_of(request), run)


@router.post("/{run}/cancel", status_code=202, dependencies=[Depends(OPERATE)])
async def cancel_run(request: Request, run: RunId) -> RunRecord:
    """Cancel a run of this server: it closes its connections and ends; it can be begun again."""
    state = state_of(request)
    record = found(state, run).run
    state.runs.cancel(record)
    return record


@requests.delete("/{key}", status_code=202)
async def cancel_request(
    request: Request,
    key: Annotated[str, Path(pattern=_KEY)],
    token: Annotated[TokenRecord, Depends(OPERATE)],
) -> RunRecord | None:
    """Cancel what was asked with that key; `null` where it had led to no run yet, and now will not.

    This is how who interrupts a `POST /v1/runs` before its answer leaves nothing running.
    """
    state = state_of(request)
    run = await state.runs.withdraw(token.id, key)
    if run is None:
        return None
    record = found(state, run).run
    if record.state == "running":
        state.runs.cancel(record)
    return record


@router.get("/{run}/events", dependencies=[looking()])
def list_events(request: Request, run: RunId, after: After = 0, limit: Limit = 100) -> EventPage:
    """List the events of a run, in order; `/v1/events?run=` tells them as they happen."""
    state = state_of(request)
    whole = found(state, run).run.id
    events: list[EventRecord] = []
    for one in state.journal.events(whole, after=after):
        if len(events) == limit:
            return EventPage(events=tuple(events), next=events[-1].seq)
        events.append(one)
    return EventPage(events=tuple(events))


@router.get("/{run}/document", dependencies=[looking()])
def get_document(request: Request, run: RunId) -> RunDocument:
    """Return all that is known of a run: its steps in time, its critical path, its digests."""
    state = state_of(request)
    detail = found(state, run)
    return tell(detail.run, state.journal.events(detail.run.id), detail.report)


@router.get(
    "/{run}/report",
    dependencies=[looking()],
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def get_report(request: Request, run: RunId) -> Response:
    """Return the run's report as a page that needs nothing but itself."""
    document = get_document(request, run)
    name = f"kuberry-{document.run.id}.html"
    headers = {
        "Content-Security-Policy": _PAGE_POLICY,
        "Content-Disposition": f'inline; filename="{name}"',
    }
    return Response(page(document), media_type="text/html", headers=headers)


def found(state: State, run: str) -> RunDetail:
    """Return the run with that id.

    Raises:
        Refused: There is none.
    """
    try:
        return state.journal.find(run)
    except UsageError as error:
        raise Refused(404, "no-such-run", error.message, remedy="GET /v1/runs") from None
