"""What stands before everything: each request is given an id, counted, timed and logged."""

from __future__ import annotations

import logging
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kuberry.server.metrics import Metrics

_HEADER = b"x-request-id"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
_BROKEN_OFF = 499  # nothing was answered: as nginx counts a client that went away
log = logging.getLogger(__name__)


class Observed:
    """Stands before the application, outside of all else.

    Nothing of a request is repeated as it was sent: a route's own pattern is counted and logged,
    and an id is made here.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application answer, and write down how."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, began, status = secrets.token_hex(8), time.monotonic(), _BROKEN_OFF
        scope["kuberry.request"] = request

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (_HEADER, request.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            self._write_down(scope, status, time.monotonic() - began)

    def _write_down(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", "") or "none"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        known = {
            "request": scope["kuberry.request"],
            "address": scope["client"][0] if scope.get("client") else "",
            "method": method,
            "route": route,
            "status": status,
            "duration_s": round(seconds, 6),
        }
        log.info("answered", extra=known)
