"""What counts for all checks: silence where nothing is wrong, and none where nothing was seen."""

from __future__ import annotations

import dataclasses

import pytest

from fit import Found, check, host
from kuberry.model.facts import Unknown
from kuberry.preflight import CHECKS
from kuberry.preflight.unknown import NEEDED, WANTED


def test_hosts_that_are_fit_have_no_findings() -> None:
    """Silence is the answer to three good Pis."""
    assert check(host("red"), host("red01"), host("red02")) == []


def test_codes_are_unique_and_in_order() -> None:
    """A code names one check, and the list is sorted by it."""
    codes = [one.code for one in CHECKS]

    assert codes == sorted(set(codes))


@pytest.mark.parametrize("subject", [*NEEDED, *WANTED])
def test_what_could_not_be_seen_is_a_finding(subject: str) -> None:
    """Nothing that checks rest on passes silently; without some of it no plan can be made."""
    facts = host("red").facts.model_copy(
        update={subject: None, "unknown": (Unknown(subject=subject, reason="ip is missing"),)}
    )
    found = check(dataclasses.replace(host("red"), facts=facts))

    assert found[0] == Found("KB100", "error" if subject in NEEDED else "warning", "red")
