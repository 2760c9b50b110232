"""Who asked for what: entries are added, and nothing can change them through us."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from sqlalchemy import select

from kuberry.journal.rows import text_of
from kuberry.journal.store import Store
from kuberry.journal.tables import AuditRow
from kuberry.model.access_token import AuditRecord


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down; see `kuberry.model.access_token.AuditRecord`."""

    token: str
    address: str
    action: str
    outcome: str
    subject: str = ""


def write_entry(store: Store, entry: Entry) -> None:
    """Write *entry* down, with the time that it is now.

    Raises:
        JournalUnusable: The file cannot be written.
    """
    with store.writing() as session:
        session.add(
            AuditRow(
                time=text_of(datetime.now(UTC)),
                token_id=entry.token,
                address=entry.address,
                action=entry.action,
                outcome=entry.outcome,
                subject=entry.subject,
            )
        )


def entries(store: Store, *, after: int, limit: int) -> tuple[AuditRecord, ...]:
    """Return the entries behind number *after*, in order, at most *limit*.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    query = select(AuditRow).where(AuditRow.id > after).order_by(AuditRow.id).limit(limit)
    with store.session() as session:
        return tuple(
            AuditRecord(
                number=row.id,
                time=datetime.fromisoformat(row.time),
                token=row.token_id,
                address=row.address,
                action=row.action,
                outcome=row.outcome,
                subject=row.subject,
            )
            for row in session.scalars(query)
        )
