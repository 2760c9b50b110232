"""What a request is answered that cannot be done: RFC 9457, with our codes and remedies."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kuberry.errors import (
    ApiRefused,
    CommandFailed,
    HostBusy,
    JournalUnusable,
    KuberryError,
    PreflightFailed,
    TransportError,
    UsageError,
    VerifyFailed,
)
from kuberry.model.wire import Fault, Problem
from kuberry.server.allowed import HostNotAllowed

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


class Refused(KuberryError):
    """A request is refused by the server itself, not by what it asked for.

    Attributes:
        status: The HTTP status.
        headers: To be sent with it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.word = code
        self.headers = dict(headers or {})


_BY_ERROR: tuple[tuple[type[KuberryError], int], ...] = (
    (HostNotAllowed, 403),
    (UsageError, 400),
    (JournalUnusable, 503),
    (PreflightFailed, 409),
    (TransportError, 502),
    (CommandFailed, 502),
    (ApiRefused, 502),
    (VerifyFailed, 502),
    (HostBusy, 409),
)


def status_for(error: KuberryError) -> int:
    """Return the HTTP status for *error*."""
    if isinstance(error, Refused):
        return error.status
    return next((status for kind, status in _BY_ERROR if isinstance(error, kind)), 500)


def problem_of(error: KuberryError) -> Problem:
    """Return what is to be told of *error*."""
    status = status_for(error)
    code = error.word if isinstance(error, Refused) else error.code
    return _problem(status, code, error.message, remedy=error.remedy, host=error.host)


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that tells *problem*."""
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def add_handlers(app: FastAPI) -> None:
    """Have every failure of *app* told as a problem; of bugs nothing but that there is one."""

    @app.exception_handler(KuberryError)
    async def _known(_request: Request, error: KuberryError) -> Response:
        return answer(problem_of(error), getattr(error, "headers", None))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        faults = tuple(
            Fault(pointer="/".join(str(part) for part in one["loc"]), detail=one["msg"])
            for one in error.errors()[:20]
        )
        problem = _problem(422, "invalid-request", "the request is not as the API describes it")
        remedy = "see /v1/openapi.json"
        return answer(problem.model_copy(update={"errors": faults, "remedy": remedy}))

    @app.exception_handler(HTTPException)
    async def _plain(_request: Request, error: HTTPException) -> Response:
        phrase = http.HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "-")
        return answer(_problem(error.status_code, code, phrase), error.headers)

    @app.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> Response:
        known = {"request": request.scope.get("kuberry.request", "")}
        log.error("a request met a bug", exc_info=error, extra=known)
        return answer(_problem(500, "bug", "a bug of ours; the server's log tells more"))


def _problem(
    status: int, code: str, detail: str, *, remedy: str = "", host: str | None = None
) -> Problem:
    return Problem(
        type=f"urn:kuberry:problem:{code}",
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        host=host,
        remedy=remedy,
    )
