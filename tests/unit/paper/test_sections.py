"""Every figure of the report follows from raw data, and what nobody measured is said."""

from __future__ import annotations

from datetime import UTC, datetime

from kuberry.bench.figures import BenchRun, Comparison, Machine, Pair, Sample
from kuberry.bench.study_figures import Study, Trial
from kuberry.paper.content import Plot, Section, Span, Waterfall, spread, told
from kuberry.paper.measured import earlier, overview, sections
from kuberry.paper.methods import base_methods
from kuberry.paper.plots import lanes
from kuberry.paper.sources import Sources
from kuberry.paper.waterfall import spans_of
from kuberry.paper.whole import whole

MACHINE = Machine(
    processor="a processor", cores=3, memory_bytes=7 << 30, system="one", kernel="6.1", versions={}
)
START = datetime(2026, 1, 2, tzinfo=UTC)


def comparison(name: str, *seconds: tuple[float, float], theirs: str = "it.sh") -> Comparison:
    """Make a comparison of pairs of *seconds*, wished to be at most 2."""
    pairs = tuple(
        Pair(ours=Sample(seconds=mine), theirs=Sample(seconds=other), first="ours")
        for mine, other in seconds
    )
    return Comparison(
        name=name, title=f"The {name}", ours="kuberry it", theirs=theirs, wanted=2.0, pairs=pairs
    )


def run_of(*comparisons: Comparison) -> BenchRun:
    """Make a full run."""
    return BenchRun(
        kind="full",
        started=START,
        duration_s=600.0,
        commit="abc",
        machine=MACHINE,
        comparisons=comparisons,
    )


def section_of(name: str, run: BenchRun | None) -> Section:
    """Return the section *name* on *run*."""
    return next(one for one in sections(run, {}) if one.name == name)


def text_of(found: tuple[Section, ...]) -> str:
    """Return all text and gaps of *found*."""
    return "\n".join(text for one in found for text in (*one.text, *one.missing))


def plot_of(section: Section) -> Plot:
    """Return the first plot of *section*."""
    return next(one for one in section.pictures if isinstance(one, Plot))


def test_whiskers_are_the_smallest_and_the_largest_round() -> None:
    """Around the median, with the number of rounds behind it."""
    (ours, theirs) = plot_of(
        section_of("facts", run_of(comparison("facts", (3, 2), (1, 1), (9, 5))))
    ).spreads

    assert (ours.low, ours.median, ours.high, ours.rounds) == (1, 3, 9, 3)
    assert (theirs.low, theirs.median, theirs.high, theirs.rounds) == (1, 2, 5, 3)


def test_a_pair_that_does_not_count_moves_no_figure_and_stays_in_the_table() -> None:
    """It is said to be there, and not drawn."""
    good = comparison("facts", (1, 1))
    bad = Pair(ours=Sample(seconds=50, fault="x"), theirs=Sample(seconds=1), first="ours")
    section = section_of("facts", run_of(good.model_copy(update={"pairs": (*good.pairs, bad)})))

    assert plot_of(section).spreads[0].high == 1
    assert section.tables[0].rows[1][4] == "does not count"


def test_a_limit_that_was_set_is_no_measurement() -> None:
    """It is drawn as no contender, and nothing was beaten."""
    run = run_of(comparison("events", (1, 4), theirs="the 4 s that we allow, not measured"))

    assert [one.series for one in plot_of(section_of("api", run)).spreads] == ["ours"]
    discussion = next(one for one in whole(Sources(bench=run), {}) if one.name == "discussion")
    assert "less time than what it is set against in: none" in discussion.text[0]


def test_no_comparison_is_left_out() -> None:
    """One of a kind that the report does not know has a section too."""
    run = run_of(comparison("novel", (1, 2)))

    assert "The novel" in text_of(tuple(sections(run, {})))
    assert overview(run).tables[0].rows[0][:4] == ("The novel", "0.50", "2.00", "kept")


def test_a_comparison_that_is_not_there_is_missed_whatever_its_kind() -> None:
    """Also one that the report does not know, and no longer once it is measured."""
    wished = {"jobs": "Some tasks", "novel": "Something new"}
    run = run_of(comparison("jobs", (1, 2)), comparison("novel", (1, 2)))

    gaps = text_of(tuple(sections(None, wished)))
    assert "Some tasks: not measured." in gaps
    assert "Something new: not measured." in gaps
    assert "not measured." not in text_of(tuple(sections(run, wished)))


def test_what_was_not_measured_is_said() -> None:
    """With no data at all every section is there, and tells what is missing."""
    found = whole(Sources(), {"deploy": "Deploy three hosts"})
    missing = {one.name for one in found if one.missing}

    assert missing >= {"deploy", "fan-out", "api", "verify", "campaign", "study", "queue", "idle"}
    assert "Deploy three hosts: not measured." in text_of(found)


def test_gaps_are_threats_too() -> None:
    """All of them in one place, for who reads only the end."""
    found = whole(Sources(bench=run_of(comparison("deploy", (1, 2)))), {})
    threats = found[-1].missing

    assert any("deploy was measured with one number of hosts" in gap for gap in threats)
    assert any("idle cluster" in gap for gap in threats)


def test_a_missed_wish_stands_in_the_abstract() -> None:
    """Where we lose is the first that is read."""
    run = run_of(comparison("again", (7, 2)), comparison("facts", (1, 1)))
    abstract = " ".join(whole(Sources(bench=run), {})[0].text)

    assert "Of 2 comparisons 1 kept what was wished for, 1 of these with a single pair." in abstract
    assert "Not kept: The again (3.50, at most 2.00 was wished for)." in abstract


def test_a_kept_wish_with_a_worse_pair_is_said() -> None:
    """The median hides it."""
    run = run_of(comparison("facts", (1, 1), (1, 1), (5, 2)))

    text = text_of(whole(Sources(bench=run), {}))
    assert "above the wish: The facts (up to 2.5, at most 2 was wished for)" in text


def test_earlier_runs_are_not_forgotten() -> None:
    """What a newer run replaced stands in a table of its own."""
    section = earlier({"old.json": run_of(comparison("again", (6, 2), (2, 2)))})

    row = ("old.json", "The again", "2.00", "1.00", "3.00", "2", "kept")
    assert section.tables[0].rows == (row,)
    assert earlier({}).missing == ("There is none.",)


def test_the_study_is_drawn_when_there_is_one() -> None:
    """A trial with a fault is no figure."""
    trials = [("kuberry", 2.0, ""), ("pyinfra", 4.0, ""), ("pyinfra", 9.0, "a file is missing")]
    study = Study(
        started=START,
        duration_s=60.0,
        commit="def",
        machine=MACHINE,
        lines={"kuberry": 9},
        trials=tuple(
            Trial(
                method=method,
                hosts=3,
                phase="first",
                seconds=seconds,
                status=0,
                controller_bytes=1,
                link_bytes=1,
                packets=1,
                logins=1,
                load=0.5,
                fault=fault,
            )
            for method, seconds, fault in trials
        ),
    )
    section = base_methods(study)

    lines = [(one.label, one.median, one.rounds) for one in plot_of(section).spreads]
    assert lines == [("kuberry, 3 hosts", 2.0, 1), ("pyinfra, 3 hosts", 4.0, 1)]
    assert ("3", "first", "pyinfra", "0.50", "a file is missing") in section.tables[0].rows
    assert base_methods(None).missing


def test_steps_of_a_run_are_read_from_what_it_said() -> None:
    """A line of a part of the whole run is no step."""
    lines = ("   0.4  looking at the hosts", "  14.3  red: install 4 packages (8.8 s)")

    assert spans_of(lines) == (Span("red", "install 4 packages", 14.3 - 8.8, 14.3),)


def test_steps_side_by_side_have_lanes_of_their_own() -> None:
    """So none hides another."""
    spans = (Span("a", "x", 0, 5), Span("a", "y", 2, 6), Span("a", "z", 5, 7), Span("b", "x", 0, 1))

    assert lanes(Waterfall("w", "W", spans)) == (("a", 0), ("a", 1), ("a", 0), ("b", 0))


def test_a_picture_is_told_in_words() -> None:
    """Its text for those who do not see it holds every figure."""
    plot = Plot("p", "Times", "seconds", spread("it", "ours", [1.0, 4.0, 2.0]))
    fall = Waterfall("w", "Steps", (Span("red", "install", 1, 3), Span("red", "wait a bit", 3, 4)))

    assert plot.alt == (
        "Times, in seconds, median (smallest to largest): it, ours: 2.00 (1.00 to 4.00, 3 rounds)."
    )
    assert plot.table.rows == (("it", "ours", "2.00", "1.00", "4.00", "3"),)
    assert fall.alt.startswith("Steps: 2 steps on red over 4.0 s. The longest: red: install, 2.0 s")
    assert [one.waits for one in fall.spans] == [False, True]


def test_an_axis_of_powers_is_for_values_far_apart() -> None:
    """Else differences would look larger than they are."""
    near, far = (Plot("p", "P", "s", spread("x", "", [1.0, high])) for high in (9.0, 90.0))

    assert (near.logarithmic, far.logarithmic) == (False, True)


def test_small_figures_do_not_become_nothing() -> None:
    """And large ones have no digits that say nothing."""
    assert [told(one) for one in (0.0014, 0.25, 3.0, 423.02)] == ["0.0014", "0.25", "3.00", "423"]
