"""Requests that are to be done once, however often they are sent."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from sqlalchemy import delete

from kuberry.journal.rows import text_of
from kuberry.journal.store import Store
from kuberry.journal.tables import RequestRow

KEPT_FOR = timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a key.

    Attributes:
        is_new: Nobody had sent it before: now it is to be done.
        digest: Of the request that was sent with it first.
        run: That it led to; ``None`` while that is not known.
    """

    is_new: bool
    digest: str
    run: str | None


def claim(store: Store, token: str, key: str, digest: str, now: datetime) -> Claim:
    """Take *key* for a request, or say what became of it; keys of yesterday are forgotten.

    Raises:
        JournalUnusable: The file cannot be written.
    """
    with store.writing() as session:
        session.execute(delete(RequestRow).where(RequestRow.created < text_of(now - KEPT_FOR)))
        row = session.get(RequestRow, (token, key))
        if row is not None:
            return Claim(is_new=False, digest=row.digest, run=row.run_id)
        session.add(RequestRow(token_id=token, key=key, digest=digest, created=text_of(now)))
        return Claim(is_new=True, digest=digest, run=None)


def settle(store: Store, token: str, key: str, run: str | None) -> None:
    """Remember which run *key* led to; ``None`` sets it free, for it led to none.

    Raises:
        JournalUnusable: The file cannot be written.
    """
    with store.writing() as session:
        row = session.get(RequestRow, (token, key))
        if row is None:
            return
        if run is None:
            session.delete(row)
        else:
            row.run_id = run


def run_of(store: Store, token: str, key: str) -> str | None:
    """Return the run that *key* led to; ``None`` where it led to none, or nobody knows the key.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    with store.session() as session:
        row = session.get(RequestRow, (token, key))
        return row.run_id if row else None
