"""Who is let in, and for what: every endpoint names a scope."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from kuberry.journal.audit import Entry, write_entry
from kuberry.model.access_token import Scope, TokenRecord
from kuberry.server.problems import Refused
from kuberry.server.state import State, state_of
from kuberry.server.tokens import recognize

_LOOKING = {"GET", "HEAD"}
_BEARER = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token: `Authorization: Bearer kuberry_…`."
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class Needs:
    """Lets in who shows a token that is good for *scope*, and writes down what changes anything."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, request: Request, credentials: Credentials) -> TokenRecord:
        """Return whose token it is.

        Raises:
            Refused: There is none, it is wrong, it is not good for that, or too many were wrong.
        """
        state, address = state_of(request), _address(request)
        token = self._recognized(state, address, credentials, _action(request))
        if not token.scope.includes(self.scope):
            message = f"this token is good for {token.scope}, and {self.scope} is needed"
            write_entry(state.store, Entry(token.id, address, _action(request), "refused", "scope"))
            raise Refused(403, "scope", message, remedy="ask an admin for another token")
        if request.method not in _LOOKING:
            write_entry(state.store, Entry(token.id, address, _action(request), "let-in"))
        return token

    def _recognized(
        self, state: State, address: str, credentials: Credentials, action: str
    ) -> TokenRecord:
        if wait_s := state.attempts.wait_s(address):
            headers = {"Retry-After": str(math.ceil(wait_s))}
            message = "too many wrong tokens came from this address"
            raise Refused(429, "too-many-attempts", message, headers=headers)
        if credentials is None:
            raise _unauthorized("a token is needed")
        token = recognize(state.store, credentials.credentials)
        if token is None:
            state.attempts.fail(address)
            write_entry(state.store, Entry("", address, action, "refused", "token"))
            raise _unauthorized("this token is wrong, revoked or too old")
        return token


READ, OPERATE, ADMIN = (Needs(scope) for scope in Scope)
"""What an endpoint depends on; the first argument of those that want to know who asks."""


def looking() -> Any:
    """Return what an endpoint depends on that only looks."""
    return Depends(READ)


def _unauthorized(message: str) -> Refused:
    return Refused(
        401,
        "unauthorized",
        message,
        remedy="send `Authorization: Bearer TOKEN`; `kuberry serve --new-admin-token` makes one",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _action(request: Request) -> str:
    """Return what is asked for, in our own words: nothing comes as it was sent."""
    return f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"
