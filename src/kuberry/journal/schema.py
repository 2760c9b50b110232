"""The journal's schema as it grew: each step was once the newest, and is never edited again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kuberry.errors import JournalUnusable

Step = tuple[str, ...]
"""The statements that lead from one version of the schema to the next."""

STEPS: tuple[Step, ...] = (
    (
        """
        CREATE TABLE runs (
            id TEXT NOT NULL PRIMARY KEY,
            command TEXT NOT NULL,
            cluster TEXT NOT NULL,
            hosts TEXT NOT NULL,
            version TEXT NOT NULL,
            started TEXT NOT NULL,
            ended TEXT,
            outcome TEXT NOT NULL DEFAULT '',
            code TEXT NOT NULL DEFAULT '',
            message TEXT NOT NULL DEFAULT '',
            report TEXT,
            boot_id TEXT NOT NULL,
            pid INTEGER NOT NULL,
            process_started TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE events (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            record TEXT NOT NULL,
            UNIQUE (run_id, seq)
        )
        """,
        "CREATE INDEX runs_by_time ON runs (started)",
        "CREATE INDEX runs_by_cluster ON runs (cluster, started)",
    ),
    (
        """
        CREATE TABLE tokens (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            scope TEXT NOT NULL,
            digest TEXT NOT NULL,
            created TEXT NOT NULL,
            expires TEXT,
            revoked TEXT
        )
        """,
        """
        CREATE TABLE requests (
            token_id TEXT NOT NULL,
            key TEXT NOT NULL,
            digest TEXT NOT NULL,
            created TEXT NOT NULL,
            run_id TEXT,
            PRIMARY KEY (token_id, key)
        )
        """,
        """
        CREATE TABLE audit (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            time TEXT NOT NULL,
            token_id TEXT NOT NULL,
            address TEXT NOT NULL,
            action TEXT NOT NULL,
            outcome TEXT NOT NULL,
            subject TEXT NOT NULL
        )
        """,
        """
        CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
        """,
        """
        CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
        """,
    ),
)


def bring_up_to_date(db: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Take the schema of *db* through the *steps* it lacks, all or none.

    Raises:
        JournalUnusable: A newer kuberry has written it.
    """
    version = _version(db)
    if version > len(steps):
        raise JournalUnusable(
            f"it has version {version}, and this kuberry knows {len(steps)}",
            remedy="use the newer kuberry that wrote it, or another KUBERRY_STATE_DIR",
        )
    if version == len(steps):
        return
    with db:  # commits, or rolls back when a statement fails
        db.execute("BEGIN IMMEDIATE")
        for step in steps[_version(db) :]:  # again: another process may have been faster
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(steps)}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
