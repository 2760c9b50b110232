"""The files of a report: private, whole, and the same again from the journal."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuberry.model.document import RunDocument
from kuberry.model.run import RunRecord
from kuberry.reports.write import write_file, write_report

DOCUMENT = RunDocument(
    run=RunRecord(
        id="20260102-000000-abcdef",
        command="verify",
        cluster="shelf",
        hosts=("red",),
        version="0.1",
        started=datetime(2026, 1, 2, tzinfo=UTC),
        state="ended",
    ),
    duration_s=1,
)


def test_both_files_are_their_owners_alone(tmp_path: Path) -> None:
    """0600 in 0700, also where the directory was wider; nothing else lies there."""
    directory = tmp_path / "state" / "reports"
    directory.mkdir(parents=True, mode=0o755)
    path = write_report(DOCUMENT, directory)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in directory.iterdir()}

    assert modes == dict.fromkeys(
        ("20260102-000000-abcdef.html", "20260102-000000-abcdef.json"), 0o600
    )
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert path.name == "20260102-000000-abcdef.html"
    text = (directory / "20260102-000000-abcdef.json").read_text("utf-8")
    assert RunDocument.model_validate_json(text) == DOCUMENT


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    """A text that is no UTF-8: the old file stays, and no half one beside it."""
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_file(path, "\udc80")

    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text() == "old"
