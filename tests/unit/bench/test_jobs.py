"""Many short tasks: both contenders are given the same, and every task must have succeeded."""

from __future__ import annotations

from typing import Any, cast

import pytest

from kuberry.bench import jobs
from kuberry.bench.figures import Sample
from kuberry.bench.place import Place
from kuberry.cli import job_words
from kuberry.queueing import manifests


class Host:
    """A stand-in for a control plane that says how many tasks succeeded."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def on(self, _host: str, _text: str) -> str:
        """Answer."""
        return self.answer


def test_the_file_holds_what_our_line_asks_for() -> None:
    """Word for word what kuberry would make of it, but that nothing of ours owns it."""
    words = jobs.LINE[jobs.LINE.index("--") + 1 :]
    said = dict(zip(jobs.LINE[2:-3:2], jobs.LINE[3:-3:2], strict=True))
    wish = job_words.wish(
        words,
        image=None,
        array=said["--array"],
        env=(),
        name=said["--name"],
        cpus=said["--cpus"],
        memory=said["--memory"],
    )
    made = jobs.one_file()["items"][2:]

    assert [one["spec"] for one in made] == [
        one["spec"] for one in manifests.jobs(wish, "", (1, 20))
    ]
    assert len({one["metadata"]["name"] for one in made}) == jobs.COUNT
    assert not any("ownerReferences" in one["metadata"] for one in made)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [("500\n", ""), ("499\n", "499 of 500 tasks succeeded"), ("no\n", "its end is not known")],
)
def test_a_run_that_lost_a_task_does_not_count(answer: str, fault: str) -> None:
    """Whatever the contender said of itself."""
    place: Any = cast(Place, Host(answer))

    assert jobs._judged(place, Sample(seconds=1)).fault.startswith(fault)
    assert jobs._judged(place, Sample(seconds=1)).fault[:1] == fault[:1]


def test_what_has_a_fault_already_keeps_it() -> None:
    """Nobody is asked then."""
    place: Any = None

    assert jobs._judged(place, Sample(seconds=1, fault="no end")).fault == "no end"


def test_the_moment_a_task_began_is_its_files() -> None:
    """As find says it: the job is the directory, the time has fractions."""
    line = "/var/lib/kuberry/jobs/one7/one7-x2x/began 1700000000.2500000000"

    assert jobs._moment(line) == ("one7", 1700000000.25)
