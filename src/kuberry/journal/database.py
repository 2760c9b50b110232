"""The journal's file: made whole or not at all, readable by its owner only, shared by processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path

from kuberry.errors import JournalUnusable
from kuberry.journal.schema import bring_up_to_date

BUSY_TIMEOUT_S = 10.0
"""How long a writer waits for others; each of them is done in milliseconds."""
_PRIVATE = 0o600


def open_database(
    path: Path, *, timeout_s: float = BUSY_TIMEOUT_S, is_shared: bool = False
) -> sqlite3.Connection:
    """Open the journal at *path*, with the newest schema; make it where there is none.

    Args:
        timeout_s: Seconds to wait for other processes that write to it.
        is_shared: Whether threads will use it, one after the other.

    Raises:
        JournalUnusable: A newer kuberry has written it, or it is no file.
        sqlite3.Error: It is damaged, no journal, or busy for too long.
        OSError: It cannot be made or opened.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
    if not path.is_file():
        raise JournalUnusable(f"{path} is no file", remedy="move it away")
    if os.name == "posix" and path.stat().st_mode & ~_PRIVATE & 0o777:
        path.chmod(_PRIVATE)
    return _prepared(path, timeout_s, is_shared=is_shared)


def _make(path: Path) -> None:
    """Make the file aside and link it into place: of two processes one wins, both find it whole."""
    descriptor, name = tempfile.mkstemp(prefix=".journal.", dir=path.parent)
    os.close(descriptor)
    aside = Path(name)
    try:
        _prepared(aside, BUSY_TIMEOUT_S).close()
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(aside)
    finally:
        aside.unlink()


def _prepared(path: Path, timeout_s: float, *, is_shared: bool = False) -> sqlite3.Connection:
    db = sqlite3.connect(
        path, timeout=timeout_s, isolation_level=None, check_same_thread=not is_shared
    )
    try:
        bring_up_to_date(db)  # first: what a newer kuberry has written is left as it is
        if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            db.execute("PRAGMA journal_mode = WAL")
        # A commit outlives the death of this process; of the machine, soon after (sqlite.org/wal).
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db
