"""The campaign in the report: what was struck, when, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime

from kuberry.campaign.case import Case, Command
from kuberry.campaign.record import CaseRecord, End, LineRun, Strike
from kuberry.paper.broken import campaign, summary, verified
from kuberry.paper.content import Plot

VERIFY = ("verify", "--cluster", "class")


def record(number: int, command: Command, end: End, *verifies: tuple[int, float]) -> CaseRecord:
    """Make the record of a case.

    Args:
        verifies: Exit code and seconds of each verify.
    """
    case = Case(
        seed=1,
        number=number,
        before="clean",
        command=command,
        fault="disk full",
        where=0.5,
        moment=0.5,
        elsewhere=False,
        cut_s=3.0,
    )
    return CaseRecord(
        case=case,
        started=datetime(2026, 1, number, tzinfo=UTC),
        seconds=50.0,
        strike=Strike(host="gold", step="init", steps=4, victim="gold01", after_s=1.25),
        first=None,
        following=(LineRun(words=("deploy",), status=0, seconds=20.0 + number),),
        checks=tuple(LineRun(words=VERIFY, status=code, seconds=s) for code, s in verifies),
        end=end,
        reason="it was not Ready" if end == "failed" else "",
        versions={"kuberry": "abc"},
        load=1.0,
    )


RECORDS = (
    record(1, "deploy", "healed", (1, 99.0), (0, 7.0)),
    record(2, "deploy", "healed", (0, 9.0)),
    record(3, "remove", "failed", (0, 5.0)),
)


def test_every_case_is_in_a_table_with_what_was_struck_and_when() -> None:
    """And how it ended."""
    *_, cases = campaign(RECORDS, {}).tables

    row = ("1/1", "deploy", "disk full", "gold01", "gold: init", "1.2", "healed", "21")
    assert cases.rows[0] == row
    assert len(cases.rows) == 3


def test_a_failed_case_is_told_with_its_cause() -> None:
    """One whose cause nobody found says so."""
    found = campaign(RECORDS, {"1/3": "The disk was slow."}).tables[1]

    assert found.rows[0][3:] == ("it was not Ready", "The disk was slow.", "not done again")
    assert campaign(RECORDS, {}).tables[1].rows[0][4] == "not found"


def test_the_sum_counts_each_end() -> None:
    """Cases that were done again are one case."""
    assert summary((*RECORDS, RECORDS[0])) == (
        "4 runs of 3 cases: 0 withstood, 3 healed, 1 failed, 0 not struck."
    )


def test_a_verify_counts_where_it_ended_well_by_number_of_hosts() -> None:
    """After a removal one host is left."""
    section = verified(RECORDS)
    (plot,) = section.pictures

    assert isinstance(plot, Plot)
    lines = [(one.label, one.low, one.high, one.rounds) for one in plot.spreads]
    assert lines == [("two hosts", 7.0, 9.0, 2), ("one host", 5.0, 5.0, 1)]
    assert "asked verify 4 times" in section.text[0]
    assert verified(()).missing


def test_no_plot_is_made_of_nothing() -> None:
    """Where every case failed there is no line that came to its end."""
    assert campaign(RECORDS[2:], {}).pictures == ()
