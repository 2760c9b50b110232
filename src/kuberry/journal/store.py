"""The journal's file for those who ask it much: connections, transactions, and what goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from kuberry.errors import JournalUnusable
from kuberry.journal.database import open_database


class Store:
    """Opens sessions on the journal in *file*.

    Args:
        connections: How many are kept open for the next question; 0 opens the file for each.
    """

    def __init__(self, file: Path, *, connections: int = 0) -> None:
        self.file = file
        self._engine = _engine(file, connections)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session; what it has begun and not committed is undone at its end.

        Raises:
            JournalUnusable: The file cannot be read or written.
        """
        try:
            with Session(self._engine) as session:
                yield session
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self.unusable(str(getattr(error, "orig", None) or error)) from error

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session alone among all writers; what it did is kept whole or not at all.

        Raises:
            JournalUnusable: The file cannot be written.
        """
        with self.session() as session:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session
            session.commit()

    def unusable(self, why: str) -> JournalUnusable:
        """Return what is to be said when the file cannot be used."""
        remedy = "runs do not need it: move it away, and the next run begins a new one"
        return JournalUnusable(f"the journal {self.file} cannot be used: {why}", remedy=remedy)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._engine.dispose()


def _engine(file: Path, connections: int) -> Engine:
    if not connections:
        return create_engine("sqlite://", creator=lambda: open_database(file), poolclass=NullPool)
    return create_engine(
        "sqlite://",
        creator=lambda: open_database(file, is_shared=True),
        poolclass=QueuePool,
        pool_size=connections,
    )
