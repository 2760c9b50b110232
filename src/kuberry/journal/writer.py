"""One thread that puts rows into the journal, in order, soon after they were given."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from kuberry.errors import JournalUnusable
from kuberry.journal.database import BUSY_TIMEOUT_S, open_database

Row = tuple[str, tuple[object, ...]]
"""A statement and its parameters."""

_LARGEST_BATCH = 500


class Writer:
    """Writes to the journal beside the run; what goes wrong there is said once and never raised.

    Python's own sqlite3 is used, not SQLAlchemy as for reading: importing that costs as much
    processor time as two logins, in each and every run (docs/adr/0008).

    Args:
        on_failure: Told once, in the writer's thread, why nothing more will be written.
        timeout_s: Seconds to wait for other processes that write.
    """

    def __init__(
        self,
        path: Path,
        on_failure: Callable[[str], None],
        *,
        timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self._path = path
        self._on_failure = on_failure
        self._timeout_s = timeout_s
        self._rows: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._failed = False
        self._thread = threading.Thread(target=self._work, name="kuberry-journal", daemon=True)
        self._thread.start()

    def put(self, row: Row) -> None:
        """Have *row* written; returns at once."""
        if not self._failed:
            self._rows.put(row)

    def close(self, deadline_s: float) -> None:
        """Have everything written that was put, and end; after *deadline_s* seconds give up."""
        self._rows.put(None)
        self._thread.join(deadline_s)

    def _work(self) -> None:
        try:
            with contextlib.closing(open_database(self._path, timeout_s=self._timeout_s)) as db:
                while rows := self._next_rows():
                    _write(db, rows)
        except JournalUnusable as error:
            self._give_up(error.message)
        except (sqlite3.Error, OSError) as error:
            self._give_up(str(error))

    def _next_rows(self) -> list[Row]:
        """Wait for a row and return it with those that came meanwhile; none at the end."""
        rows: list[Row] = []
        row = self._rows.get()
        while row is not None:
            rows.append(row)
            if len(rows) == _LARGEST_BATCH:
                return rows
            try:
                row = self._rows.get_nowait()
            except queue.Empty:
                return rows
        if rows:
            self._rows.put(None)  # these first, the end in the next turn
        return rows

    def _give_up(self, why: str) -> None:
        self._failed = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._rows.get_nowait()
        self._on_failure(why)


def _write(db: sqlite3.Connection, rows: list[Row]) -> None:
    with db:  # commits, or rolls back when a statement fails
        db.execute("BEGIN IMMEDIATE")
        for statement, parameters in rows:
            db.execute(statement, parameters)
