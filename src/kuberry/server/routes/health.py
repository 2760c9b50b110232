"""How the server is: for those that watch it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from kuberry.journal.follow import newest_number
from kuberry.model.wire import Health
from kuberry.server.access import looking
from kuberry.server.metrics import CONTENT_TYPE
from kuberry.server.problems import Refused
from kuberry.server.state import state_of

router = APIRouter(tags=["health"])
_PEM = "application/x-pem-file"


@router.get("/healthz")
def is_alive() -> Health:
    """Say that the server lives; needs no token, and tells no more."""
    return Health(status="ok")


@router.get("/readyz")
def is_ready(request: Request) -> Health:
    """Say that the journal can be read and that it does not end; needs no token, tells no more."""
    state = state_of(request)
    if state.tail.is_closed:
        raise Refused(503, "ending", "the server ends")
    newest_number(state.store)
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
    return Response(state_of(request).metrics.text(), media_type=CONTENT_TYPE)
