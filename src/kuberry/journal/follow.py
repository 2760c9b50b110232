"""Events as they are kept, for those who follow them: from a number on, also of other processes."""

from __future__ import annotations

import dataclasses

from sqlalchemy import Select, func, select

from kuberry.journal.store import Store
from kuberry.journal.tables import EventRow

AT_ONCE = 500
"""The most events that are read in one go."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """One event as it lies in the file.

    Attributes:
        number: Counts the events of all runs, in the order in which they were kept.
        seq: Counts the events of its run.
        record: The JSON of its `kuberry.model.run.EventRecord`.
    """

    number: int
    run: str
    seq: int
    record: str


def events_of(store: Store, run: str, after: int) -> tuple[Kept, ...]:
    """Return the next events of *run*, behind the one with the seq *after*; at most `AT_ONCE`.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    query = select(EventRow).where(EventRow.run_id == run, EventRow.seq > after)
    return _kept(store, query.order_by(EventRow.seq))


def events_of_all(store: Store, after: int) -> tuple[Kept, ...]:
    """Return the next events of all runs, behind the number *after*; at most `AT_ONCE`.

    Writers take turns, so that a number that is seen has all lower ones before it.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    return _kept(store, select(EventRow).where(EventRow.id > after).order_by(EventRow.id))


def newest_number(store: Store) -> int:
    """Return the number of the newest event of all runs; 0 where there is none.

    Raises:
        JournalUnusable: The file cannot be read.
    """
    with store.session() as session:
        return session.scalar(select(func.max(EventRow.id))) or 0


def _kept(store: Store, query: Select[EventRow]) -> tuple[Kept, ...]:
    with store.session() as session:
        rows = session.scalars(query.limit(AT_ONCE))
        return tuple(Kept(row.id, row.run_id, row.seq, row.record) for row in rows)
