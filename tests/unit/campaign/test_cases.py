"""A case follows from seed and number alone, and begins where the one before it ends."""

from __future__ import annotations

from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from kuberry.campaign.case import COMMANDS, FAULTS, OF_ARTIFACTS, case_of, line_to, walk

SEEDS = st.integers(min_value=0, max_value=10_000)


@given(seed=SEEDS, number=st.integers(min_value=1, max_value=30))
def test_a_case_can_be_had_again(seed: int, number: int) -> None:
    """Alone it is the same as in its campaign."""
    assert case_of(seed, number) == list(islice(walk(seed), number))[-1]


@given(seed=SEEDS)
def test_a_case_begins_where_the_last_ended(seed: int) -> None:
    """The first begins with clean hosts; numbers count."""
    cases = list(islice(walk(seed), 20))

    assert [one.number for one in cases] == list(range(1, 21))
    assert cases[0].before == "clean"
    assert [one.after for one in cases[:-1]] == [one.before for one in cases[1:]]


@given(seed=SEEDS)
def test_seeds_differ(seed: int) -> None:
    """Another seed is another campaign."""
    one, other = (list(islice(walk(number), 20)) for number in (seed, seed + 1))

    assert [case.fault for case in one] != [case.fault for case in other]


def test_a_hundred_cases_meet_everything() -> None:
    """Each command and each fault comes up; bytes are corrupted only where some are brought."""
    cases = list(islice(walk(1), 100))

    assert {one.command for one in cases} == set(COMMANDS)
    assert {one.fault for one in cases} == set(FAULTS)
    assert {one.command for one in cases if one.fault in OF_ARTIFACTS} <= {"deploy", "add"}
    assert all(one != other for one, other in pairwise(cases))


def test_lines_name_their_hosts() -> None:
    """Typed again after a half of it was done, a line means the same hosts."""
    for case in islice(walk(1), 100):
        assert any("gold01" in word for word in case.line)
    assert line_to("clean")[0] == "reset"
    assert line_to("pair")[3:] == line_to("single")[3:]
