"""Findings are ignored only as the user says, and never where that would break things."""

from __future__ import annotations

import pytest

import fit
import made_up as make
from fit import host
from kuberry.errors import UsageError
from kuberry.model.finding import Severity
from kuberry.preflight import CHECKS, CONTROLLER_CHECKS, known_codes, run

COPIED = {
    "red": host("red"),
    "red01": host("red01", identity=fit.identity("red01", machine_id="id-red")),
}


def test_what_is_ignored_is_recorded_as_what_it_was() -> None:
    """It stays in the list, is no error, and says what it would have been."""
    wish, bundle = make.cluster("red", "red01"), fit.bundle()
    (plain,) = run(wish, COPIED, bundle)
    (ignored,) = run(wish, COPIED, bundle, ignore=("KB103", "KB601"))

    assert (plain.code, plain.severity, plain.was) == ("KB103", Severity.ERROR, None)
    assert ignored == plain.model_copy(update={"severity": Severity.IGNORED, "was": Severity.ERROR})


def test_codes_are_read_as_people_write_them() -> None:
    """Small letters do, and twice is once."""
    assert known_codes(["kb103", " KB103", "KB704"]) == ("KB103", "KB704")


@pytest.mark.parametrize("code", ["KB999", "", "103", "all"])
def test_unknown_codes_are_refused(code: str) -> None:
    """A typing error must not look like consent."""
    with pytest.raises(UsageError, match="no check is called"):
        known_codes([code])


@pytest.mark.parametrize("code", ["KB100", "KB101", "KB102", "KB203", "KB205", "KB304", "KB501"])
def test_what_would_break_things_cannot_be_ignored(code: str) -> None:
    """The refusal says why."""
    reason = next(one.must for one in CHECKS if one.code == code)

    with pytest.raises(UsageError) as caught:
        known_codes([code])
    assert reason
    assert reason in caught.value.message


def test_every_check_speaks_for_itself() -> None:
    """Codes are unique in both lists; each has a reason and a remedy for the manual page."""
    hosts = [(one.code, one.why, one.remedy) for one in CHECKS]
    ours = [(one.code, one.why, one.remedy) for one in CONTROLLER_CHECKS]
    every = [*hosts, *ours]

    assert len({code for code, _, _ in every}) == len(every)
    assert [code for code, why, remedy in every if not (why and remedy)] == []
