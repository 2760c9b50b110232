"""The page says what was measured, also where we lose; the published one follows from raw data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kuberry.bench.__main__ import newest, page_of
from kuberry.bench.figures import BenchRun, Comparison, Machine, Pair, Part, Sample
from kuberry.bench.page import page
from kuberry.bench.scenarios import SCENARIOS

ROOT = Path(__file__).parents[3]
MACHINE = Machine(
    processor="a processor",
    cores=2,
    memory_bytes=24 << 30,
    system="Debian 12",
    kernel="6.1.0",
    versions={"Python": "3.11.2"},
)


def run_of(*comparisons: Comparison) -> BenchRun:
    """Make a full run."""
    return BenchRun(
        kind="full",
        started=datetime(2026, 1, 2, tzinfo=UTC),
        duration_s=600.0,
        commit="abc",
        machine=MACHINE,
        comparisons=comparisons,
    )


def comparison(name: str, *seconds: tuple[float, float], fault: str = "") -> Comparison:
    """Make a comparison of pairs of *seconds*, wanted at most 2."""
    pairs = tuple(
        Pair(ours=Sample(seconds=mine, load=0.5), theirs=Sample(seconds=other), first="ours")
        for mine, other in seconds
    )
    parts = (Part(name="start", seconds=(0.5, 0.7, 0.9)),)
    return Comparison(
        name=name,
        title=f"The {name}",
        ours="kuberry it",
        theirs="it.sh",
        wanted=2.0,
        pairs=pairs,
        parts=parts,
        fault=fault,
    )


def test_the_table_gives_median_and_spread_of_the_ratios() -> None:
    """With the seconds for orientation, and the wish beside them."""
    text = page(run_of(comparison("one", (1, 1), (3, 2), (9, 5))), "x.json", {})

    row = "| 3.00 s | 2.00 s | **1.50** | 1.00 to 1.80 | ≤ 2.00 | kept |"
    assert f"| [The one](#figure-one) {row}\n" in text


def test_a_missed_wish_is_published_with_its_remark() -> None:
    """Losing is said as loudly as winning."""
    text = page(run_of(comparison("one", (9, 1))), "x.json", {"one": "Because.\n"})

    assert "| ≤ 2.00 | **missed** |" in text
    assert "\nBecause.\n" in text


def test_what_could_not_be_measured_has_its_reason() -> None:
    """No figure is no success."""
    text = page(run_of(comparison("one", fault="no such peer")), "x.json", {})

    assert "none | none | none | none | ≤ 2.00 | no figure |" in text
    assert "- does not count: no such peer\n" in text


def test_every_pair_is_shown() -> None:
    """With who was first, and the load of the machine before."""
    text = page(run_of(comparison("one", (1, 1), (3, 2))), "x.json", {})

    assert "| ours | 3.00 s | 2.00 s | 1.50 | 0.5, 0 |\n" in text
    assert "| start | 0.70 |" in text


def test_the_published_page_is_that_of_the_newest_raw_data() -> None:
    """Nobody edits figures by hand, none is left out, and there is no page without raw data."""
    source, published = newest(ROOT), ROOT / "docs/benchmarks.md"
    if source is None:
        assert not published.exists()
        return
    text = published.read_text("utf-8")

    assert text == page_of(ROOT, source)
    assert all(f"(#figure-{one.name})" in text for one in SCENARIOS)


def test_a_run_in_pieces_has_the_pairs_of_all() -> None:
    """In the order they were measured; parts are those of the last that has some."""
    whole = run_of(comparison("one", (1, 1)), comparison("two", (1, 2)))
    found = whole.with_more(run_of(comparison("two", (9, 3)), comparison("three", (5, 1))))

    assert {one.name: one.ratios for one in found.comparisons} == {
        "one": (1,),
        "two": (0.5, 3),
        "three": (5,),
    }
    assert found.duration_s == 1200


def test_a_figure_of_another_source_takes_the_place_of_the_one_before_and_says_so() -> None:
    """Its pairs are never mixed with those of other source; those of its own are added."""
    whole = run_of(comparison("one", (1, 1)), comparison("two", (1, 2)))
    later = run_of(comparison("two", (9, 3))).model_copy(update={"commit": "def"})
    found = whole.with_more(later).with_more(later)

    assert {one.name: (one.ratios, one.commit) for one in found.comparisons} == {
        "one": ((1,), ""),
        "two": ((3, 3), "def"),
    }
    text = page(found, "x.json", {})
    assert text.count("- measured later than the others, at commit def\n") == 1
    assert "- commit abc, " in text


def test_a_figure_of_the_run_s_own_source_comes_back() -> None:
    """What stood there of other source is gone then."""
    whole = run_of(comparison("one", (1, 1)))
    between = run_of(comparison("one", (4, 1))).model_copy(update={"commit": "def"})
    (found,) = whole.with_more(between).with_more(run_of(comparison("one", (2, 1)))).comparisons

    assert (found.ratios, found.commit) == ((2,), "")


def test_the_page_tells_what_load_the_machine_was_under() -> None:
    """From the least to the most."""
    text = page(run_of(comparison("one", (1, 1), (2, 1))), "x.json", {})

    assert "the hosts of the lab count): 0.0 to 0.5." in text
