"""How the server is: for those that watch it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from kuberry.journal.follow import newest_number
from kuberry.model.wire import Health
from kuberry.server.access import looking
from kuberry.server.problems import Refused
from kuberry.server.state import state_of

router = APIRouter(tags=["health"])
_PEM = "application/x-pem-file"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz")
def is_alive() -> Health:
    """Say that the server lives; needs no token, and tells no more."""
    return Health(status="ok")


@router.get("/readyz")
def is_ready(request: Request) -> Health:
    """Say that the journal can be read; needs no token, and tells no more."""
    newest_number(state_of(request).store)
    return Health(status="ok")


@router.get(
    "/ca.pem",
    response_class=Response,
    responses={200: {"content": {_PEM: {"schema": {"type": "string"}}}}},
)
def authority(request: Request) -> Response:
    """Tell whom to trust; needs no token. Who takes it compares its fingerprint, or is deceived."""
    file = state_of(request).authority
    if file is None:
        raise Refused(404, "no-authority", "this server does without TLS")
    return Response(file.read_bytes(), media_type=_PEM)


@router.get(
    "/metrics",
    dependencies=[looking()],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """Tell Prometheus what there is to count."""
    state = state_of(request)
    figures = (
        ("kuberry_runs_going_on", "gauge", "Runs of this server that go on", state.runs.going_on),
        ("kuberry_followers", "gauge", "Streams of events that are open", state.tail.followers),
        ("kuberry_events_total", "counter", "Events in the journal", newest_number(state.store)),
    )
    lines = (
        f"# HELP {name} {words}\n# TYPE {name} {kind}\n{name} {value}\n"
        for name, kind, words, value in figures
    )
    return Response("".join(lines), media_type=_TEXT)
