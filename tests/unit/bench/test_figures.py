"""What becomes of measured seconds: ratios, medians, verdicts, and when there is none."""

from __future__ import annotations

import pytest

from kuberry.bench.figures import Comparison, Pair, Sample


def pair(ours: float, theirs: float, fault: str = "") -> Pair:
    """Make a pair; *fault* is one of ours."""
    return Pair(ours=Sample(seconds=ours, fault=fault), theirs=Sample(seconds=theirs), first="ours")


def comparison(*pairs: Pair, wanted: float = 2.0, fault: str = "") -> Comparison:
    """Make a comparison of *pairs*."""
    return Comparison(
        name="a", title="A", ours="o", theirs="t", wanted=wanted, pairs=pairs, fault=fault
    )


def test_a_ratio_is_ours_by_theirs_within_a_pair() -> None:
    """The median is that of the ratios, not the ratio of the medians."""
    found = comparison(pair(1, 1), pair(9, 3), pair(10, 1))

    assert found.ratios == (1, 3, 10)
    assert found.ratio == 3


def test_an_even_number_of_pairs_has_the_mean_of_the_middle_two() -> None:
    """As the median is defined."""
    assert comparison(pair(1, 1), pair(2, 1), pair(4, 1), pair(9, 1)).ratio == 3


@pytest.mark.parametrize(("ours", "verdict"), [(2.0, "kept"), (2.01, "missed")])
def test_a_wish_is_kept_up_to_its_bound(ours: float, verdict: str) -> None:
    """The bound itself is within."""
    assert comparison(pair(ours, 1)).verdict == verdict


def test_a_pair_with_a_fault_is_no_ratio_and_no_success() -> None:
    """Who fails quickly does not win by it."""
    found = comparison(pair(0.1, 1, fault="exit status 1: no"), pair(1.5, 1))

    assert found.ratios == (1.5,)
    assert found.faults == ("exit status 1: no",)
    assert found.verdict == "missed"


def test_without_a_pair_that_counts_there_is_no_figure() -> None:
    """Nothing is made up."""
    found = comparison(pair(1, 1, fault="no"))

    assert (found.ratio, found.verdict) == (None, "no figure")


def test_a_comparison_that_broke_off_keeps_no_wish() -> None:
    """Even when what it has got is good."""
    assert comparison(pair(1, 1), fault="the lab did not come up").verdict == "missed"
