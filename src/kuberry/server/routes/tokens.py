"""Tokens and the audit log: for admins. And who one is, for everybody."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from kuberry.journal import tokens as kept
from kuberry.journal.audit import entries
from kuberry.model.access_token import IssuedToken, NewToken, TokenRecord
from kuberry.model.wire import AuditPage, Caller, TokenList
from kuberry.server.access import ADMIN, READ
from kuberry.server.problems import Refused
from kuberry.server.state import state_of
from kuberry.server.tokens import issue

router = APIRouter(tags=["access"])
TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]


@router.get("/me")
def get_me(token: Annotated[TokenRecord, Depends(READ)]) -> Caller:
    """Return who asks, and what the token is good for."""
    return Caller(token=token, version=version("kuberry"))


@router.get("/tokens", dependencies=[Depends(ADMIN)])
def list_tokens(request: Request) -> TokenList:
    """List all tokens that were ever given, without what is secret."""
    return TokenList(tokens=kept.all_tokens(state_of(request).store))


@router.post("/tokens", status_code=201, dependencies=[Depends(ADMIN)])
def make_token(request: Request, wish: NewToken) -> IssuedToken:
    """Make a token; this answer is the only place that ever holds it."""
    return issue(state_of(request).store, wish)


@router.delete("/tokens/{token}", dependencies=[Depends(ADMIN)])
def revoke_token(request: Request, token: TokenId) -> TokenRecord:
    """Let nobody in with that token from now on."""
    store = state_of(request).store
    if not kept.revoke_token(store, token, datetime.now(UTC)):
        raise Refused(404, "no-such-token", f"no token has the id {token}")
    return next(one for one in kept.all_tokens(store) if one.id == token)


@router.get("/audit", dependencies=[Depends(ADMIN)])
def list_audit(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> AuditPage:
    """List who asked for what, oldest first."""
    known = entries(state_of(request).store, after=after, limit=limit + 1)
    shown = known[:limit]
    return AuditPage(entries=shown, next=shown[-1].number if len(known) > limit else None)
