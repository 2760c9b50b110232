"""The study: who begins changes, what is wrong is seen, what has no figure says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuberry.bench import study, study_figures, study_page, study_recipe, study_site, study_wire
from kuberry.bench.figures import Machine
from kuberry.bench.study_methods import METHODS

MACHINE = Machine(processor="x", cores=2, memory_bytes=1, system="y", kernel="6", versions={})


def trial(method: str, seconds: float, fault: str = "") -> study_figures.Trial:
    """Make a first run on three hosts."""
    return study_figures.Trial(
        method=method,
        hosts=3,
        phase="first",
        seconds=seconds,
        status=0,
        controller_bytes=1_000_000,
        link_bytes=3_000_000,
        packets=100,
        logins=3,
        load=0.1,
        fault=fault,
    )


def of(*trials: study_figures.Trial) -> study_figures.Study:
    """Make a study of *trials*."""
    return study_figures.Study(
        started=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=1,
        commit="c",
        machine=MACHINE,
        lines={},
        trials=trials,
    )


def test_who_begins_changes_with_every_round() -> None:
    """And every method has its turn in each of them."""
    orders = [study.in_turn(METHODS, number) for number in range(4)]
    assert all(set(one) == set(METHODS) for one in orders)
    assert orders[1] == orders[0][::-1]
    assert orders[3] == orders[2][::-1]
    assert orders[0][0] != orders[2][0]


def test_a_ratio_is_of_one_round_and_is_their_median() -> None:
    """A round in which one of both does not count has none."""
    found = of(
        *(trial("kuberry", seconds) for seconds in (1, 9, 2)),
        trial("Ansible", 10),
        trial("Ansible", 1, fault="pi01: gone"),
        trial("Ansible", 5),
    )
    assert found.ratio("Ansible", 3, "first") == pytest.approx(0.25)
    assert found.ratio("pyinfra", 3, "first") is None


def test_what_never_counted_has_no_figure_and_says_why() -> None:
    """Nothing is left out of the table, and nothing is made up."""
    text = study_figures.table(of(trial("kuberry", 1), trial("pyinfra", 0.1, fault="status 2")))
    row = next(line for line in text.splitlines() if "pyinfra" in line)
    assert "0.1" not in row
    assert "none" in row
    assert "status 2" in row


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ("a: OK\nb: OK\nenabled\nactive\n", ""),
        ("a: OK\nb: FAILED\nenabled\nactive\n", "1 of 2 files"),
        ("enabled\nactive\n", "2 of 2 files"),
        ("a: OK\nb: OK\ndisabled\nactive\n", "the unit is"),
        ("a: OK\nb: OK\nenabled\ninactive\n", "the unit is"),
    ],
)
def test_every_file_and_the_unit_are_asked_from_outside(output: str, fault: str) -> None:
    """What a method says of itself is not believed."""
    found = study_site.fault_of("pi01", output, 2)
    assert found.startswith("pi01: ") if fault else not found
    assert fault in found


def test_logins_are_read_from_the_kernel_counter() -> None:
    """In the JSON of nft, whose first entry tells of nft itself."""
    counter = {"family": "inet", "name": "logins", "table": "study", "packets": 7, "bytes": 420}
    output = json.dumps(
        {"nftables": [{"metainfo": {"json_schema_version": 1}}, {"counter": counter}]}
    )
    assert study_wire.logins_of(output) == 7


def test_every_peer_is_pinned() -> None:
    """Another version would be another study."""
    assert all("==" in one.package for one in METHODS if one.name != "kuberry")


@pytest.mark.parametrize(
    ("missing", "steps"),
    [
        (set(), []),
        ({"unit"}, ["unit"]),
        ({"etc/study/00.conf"}, ["files", "unit"]),
        ({"usr/local/bin/study", "unit"}, ["program", "unit"]),
    ],
)
def test_our_recipe_does_what_differs_and_no_more(
    tmp_path: Path, missing: set[str], steps: list[str]
) -> None:
    """A re-run that sends again what is there would be measured at other work."""
    wanted = {"etc/study/00.conf": "a" * 64, "usr/local/bin/study": "b" * 64}
    for path in wanted:
        (tmp_path / "files" / path).parent.mkdir(parents=True)
        (tmp_path / "files" / path).write_text("x", "utf-8")
    good = {*wanted, "unit"} - missing
    assert [one.id for one in study_recipe._steps(tmp_path, wanted, good)] == steps


def test_other_sizes_are_added_and_the_same_replaced() -> None:
    """So that a run of thirty hosts need not be one with that of three."""
    first = of(trial("kuberry", 1.0), trial("Ansible", 2.0))
    later = of(trial("kuberry", 5.0).model_copy(update={"hosts": 30}))
    both = first.with_more(later.model_copy(update={"commit": "other"}))

    assert [one.hosts for one in both.trials] == [3, 3, 30]
    assert both.commit.endswith(", other")
    assert first.with_more(of(trial("kuberry", 9.0))).trials == (trial("kuberry", 9.0),)


def test_the_page_has_the_table_of_the_newest_study() -> None:
    """Nobody typed a figure."""
    root = Path(__file__).parents[3]
    source = study_page.newest(root)
    assert source is not None
    text = (root / "docs/base-methods.md").read_text("utf-8")

    assert study_page.page(text, study_page.load(source), f"bench/results/{source.name}") == text
