"""The published page follows from the raw data, and hides no failure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kuberry.campaign.__main__ import page_of
from kuberry.campaign.case import case_of
from kuberry.campaign.line import complaints
from kuberry.campaign.page import page
from kuberry.campaign.record import CaseRecord, End, LineRun, Strike, append, read, read_all

ROOT = Path(__file__).parents[3]


def _line(seconds: float) -> LineRun:
    return LineRun(words=("deploy",), status=0, seconds=seconds)


def _record(number: int, end: End, reason: str = "") -> CaseRecord:
    case = case_of(1, 1).model_copy(
        update={"number": number, "command": "deploy", "fault": "disk full"}
    )
    return CaseRecord(
        case=case,
        started=datetime(2026, 1, 2, tzinfo=UTC),
        seconds=60,
        strike=Strike(host="gold", step="init", steps=40, victim="all hosts", after_s=1),
        first=None,
        following=(_line(3), _line(4)),
        end=end,
        reason=reason,
        versions={"kuberry": "abc"},
        load=1.5,
    )


def test_the_table_counts_each_end() -> None:
    """By command and fault, and in all."""
    ends: tuple[End, ...] = ("healed", "withstood", "healed", "not struck", "failed")
    text = page([_record(number, end, "no") for number, end in enumerate(ends, 1)])

    assert "| deploy | disk full | 5 | 1 | 2 | 1 | 1 | 7 |\n" in text
    assert "| **all** | | 5 | 1 | 2 | 1 | 1 | 7 |\n" in text
    assert "4 runs were struck, 3 came to their end by the same line, 1 did not." in text
    assert "100 are wanted: 96 are still to come." in text


def test_a_failure_is_told_with_its_reason() -> None:
    """On one line of the table, whatever the reason holds; and what is known of it since."""
    failed = _record(12, "failed", "gold: it | broke\nin two")
    later = _record(12, "healed").model_copy(
        update={"started": datetime(2026, 1, 3, tzinfo=UTC), "versions": {"kuberry": "def"}}
    )
    row = "| 1/12 | abc | deploy | disk full (all hosts) | gold: init | gold: it \\| broke in two |"

    assert f"{row} not found |  |\n" in page([failed])
    assert f"{row} so \\| so | healed at def |\n" in page([failed, later], {"1/12": "so | so"})


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    """Line by line, in the order of their end; where nothing was kept there is nothing."""
    file = tmp_path / "campaign/results/seed-1.jsonl"
    records = (_record(1, "healed"), _record(2, "failed", "no"))

    assert (read(file), read_all(tmp_path)) == ((), ())
    for one in records:
        append(file, one)
    assert read(file) == read_all(tmp_path) == records


def test_the_published_page_is_that_of_the_raw_data() -> None:
    """Nobody has edited it: `python -m kuberry.campaign --page-only` writes it."""
    assert (ROOT / "docs/campaign.md").read_text("utf-8") == page_of(ROOT)


def test_what_went_wrong_is_found_in_reports() -> None:
    """Of hosts, findings and probes, and of a verify, which is a list of probes."""
    probe = {"id": "nodes.ready", "where": "gold", "detail": "not Ready", "outcome": "fail"}
    report = {
        "hosts": [
            {"host": "gold", "failed_step": "start it", "message": "it broke"},
            {"host": "gold01", "failed_step": "", "message": ""},
        ],
        "findings": [{"host": "gold", "severity": "error", "title": "no room"}],
        "probes": [probe, probe | {"outcome": "ok"}],
    }

    assert complaints(report) == (
        "gold: start it: it broke",
        "gold: no room",
        "nodes.ready gold: not Ready",
    )
    assert complaints([probe]) == ("nodes.ready gold: not Ready",)
    assert complaints(None) == ()
