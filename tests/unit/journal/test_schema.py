"""The journal's file as kuberry changes."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from kuberry.errors import JournalUnusable
from kuberry.journal.database import open_database
from kuberry.journal.schema import STEPS, bring_up_to_date
from kuberry.journal.tables import Table

FIRST = (STEPS[0],)


def at_version(file: Path, steps: tuple[tuple[str, ...], ...]) -> sqlite3.Connection:
    """Make a file as the kuberry made it that knew *steps* only."""
    db = sqlite3.connect(file, isolation_level=None)
    bring_up_to_date(db, steps)
    return db


def columns(db: sqlite3.Connection, table: str) -> dict[str, tuple[str, bool]]:
    """Return the type of each column, and whether it may be empty."""
    rows = db.execute('SELECT name, type, "notnull" FROM pragma_table_info(?)', (table,))
    return {name: (kind, not required) for name, kind, required in rows}


def test_readers_and_writers_speak_of_the_same_tables(tmp_path: Path) -> None:
    """The typed tables have exactly the columns that the steps of the schema make."""
    with contextlib.closing(open_database(tmp_path / "journal")) as db:
        names = {
            name
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith("sqlite_")
        }
        made = {name: columns(db, name) for name in names}
    kinds = {"VARCHAR": "TEXT"}
    typed = {
        name: {
            column.name: (kinds.get(str(column.type), str(column.type)), bool(column.nullable))
            for column in table.columns
        }
        for name, table in Table.metadata.tables.items()
    }

    assert made == typed


def test_an_old_file_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    """The steps it lacks are done, in order, and its rows are still there."""
    later = (*FIRST, ("ALTER TABLE runs ADD COLUMN who TEXT NOT NULL DEFAULT 'me'",))
    with contextlib.closing(at_version(tmp_path / "journal", FIRST)) as db:
        values = ", ".join(["'x'"] * 8)
        names = "id, command, cluster, hosts, version, started, boot_id, process_started, pid"
        db.execute(f"INSERT INTO runs ({names}) VALUES ({values}, 1)")  # noqa: S608 -- fixed words
        bring_up_to_date(db, later)
        rows = db.execute("SELECT id, who FROM runs").fetchall()
        version = db.execute("PRAGMA user_version").fetchone()

    assert rows == [("x", "me")]
    assert version == (2,)


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All or none: the file stays what the older kuberry can use."""
    broken = (*FIRST, ("ALTER TABLE runs ADD COLUMN who TEXT", "DROP TABLE nowhere"))
    with contextlib.closing(at_version(tmp_path / "journal", FIRST)) as db:
        with pytest.raises(sqlite3.OperationalError):
            bring_up_to_date(db, broken)
        version = db.execute("PRAGMA user_version").fetchone()
        names = set(columns(db, "runs"))

    assert version == (1,)
    assert "who" not in names


def test_a_file_of_a_newer_kuberry_is_refused_and_left_alone(tmp_path: Path) -> None:
    """It is not guessed at; the remedy says what to do."""
    file = tmp_path / "journal"
    at_version(file, (*FIRST, *[("SELECT 1",)] * len(STEPS))).close()
    before = file.read_bytes()
    with pytest.raises(JournalUnusable, match="version") as error:
        open_database(file)

    assert "newer kuberry" in error.value.remedy
    assert file.read_bytes() == before


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    """It is made aside and linked into place; an empty file that stands there becomes one, too."""
    (tmp_path / "empty").touch()
    for name in ("new", "empty"):
        with contextlib.closing(open_database(tmp_path / name)) as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert db.execute("SELECT count(*) FROM runs").fetchone() == (0,)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "new"]
