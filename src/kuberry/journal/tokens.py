"""Tokens as they are kept: a digest each, which is no help to who steals the file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from kuberry.journal.rows import text_of
from kuberry.journal.store import Store
from kuberry.journal.tables import TokenRow
from kuberry.model.access_token import Scope, TokenRecord


def add_token(store: Store, record: TokenRecord, digest: str) -> None:
    """Keep a token.

    Raises:
        JournalUnusable: The file cannot be written.
    """
    with store.writing() as session:
        session.add(
            TokenRow(
                id=record.id,
                name=record.name,
                scope=record.scope.value,
                digest=digest,
                created=text_of(record.created),
                expires=text_of(record.expires) if record.expires else None,
                revoked=None,
            )
        )


def find_token(store: Store, token_id: str) -> tuple[TokenRecord, str] | None:
    """Return the token with that id and its digest; ``None`` where there is none.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    with store.session() as session:
        row = session.get(TokenRow, token_id)
        return (_record(row), row.digest) if row else None


def all_tokens(store: Store) -> tuple[TokenRecord, ...]:
    """Return all tokens that were ever given, oldest first.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    with store.session() as session:
        rows = session.scalars(select(TokenRow).order_by(TokenRow.created, TokenRow.id))
        return tuple(_record(row) for row in rows)


def revoke_token(store: Store, token_id: str, now: datetime) -> bool:
    """Let nobody in with that token any more; return whether there is such a token.

    Raises:
        JournalUnusable: The file cannot be written.
    """
    with store.writing() as session:
        row = session.get(TokenRow, token_id)
        if row is not None and row.revoked is None:
            row.revoked = text_of(now)
        return row is not None


def _record(row: TokenRow) -> TokenRecord:
    return TokenRecord(
        id=row.id,
        name=row.name,
        scope=Scope(row.scope),
        created=datetime.fromisoformat(row.created),
        expires=datetime.fromisoformat(row.expires) if row.expires else None,
        revoked=datetime.fromisoformat(row.revoked) if row.revoked else None,
    )
