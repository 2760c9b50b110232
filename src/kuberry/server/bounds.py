"""What no request gets past: its size, the name it calls the server by, and what pages may do."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kuberry.server.problems import Refused, answer, problem_of

LARGEST_BODY_BYTES = 64 << 10
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Bounds:
    """Stands before the application.

    Args:
        names: By which the server may be called, without port.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await answer(problem_of(refusal))(scope, receive, guarded)
            return
        await self._app(scope, _Body(receive).receive, guarded)

    def _refusal(self, scope: Scope) -> Refused | None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self._names:
            message = "the server is not called so"
            return Refused(421, "misdirected", message, remedy="start it with --name NAME")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > LARGEST_BODY_BYTES:
            return _too_large()
        return None


class _Body:
    """Counts what comes, for those who do not announce how much."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > LARGEST_BODY_BYTES:
            raise _too_large()
        return message


def _too_large() -> Refused:
    return Refused(413, "too-large", f"a request has at most {LARGEST_BODY_BYTES} bytes")


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            more = [one for one in _HEADERS if one[0] not in there]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return guarded
