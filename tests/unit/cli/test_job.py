"""From a line of `kuberry job submit` to a wish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kuberry.api.job import JobHandle, Jobs
from kuberry.cli.main import main
from kuberry.model.job import JobStatus, JobWish, Task


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[JobWish]:
    """Take what is submitted; no cluster is asked."""
    taken: list[JobWish] = []

    async def submit(jobs: Jobs, wish: JobWish) -> JobHandle:
        taken.append(wish)
        task = Task(index=None, state="waiting", why="why \x1b[2J")
        return JobHandle(jobs, JobStatus(wish=wish, tasks=(task,)))

    monkeypatch.setattr("kuberry.api.job.Jobs.submit", submit)
    return taken


def test_every_option_is_a_wish(wishes: list[JobWish], capsys: pytest.CaptureFixture[str]) -> None:
    """Words after the command are the command's, even when they look like ours."""
    line = "job submit --name a --array 1-3 --cpus 500m --memory 1Gi --retries 2 --time-limit 9"
    more = "--priority high --env A=b=c --image i -o json -- run --name x"

    assert main([*line.split(), *more.split()]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "waiting"
    assert wishes == [
        JobWish(
            name="a",
            command=("run", "--name", "x"),
            image="i",
            array=(1, 3),
            cpus="500m",
            memory="1Gi",
            retries=2,
            time_limit_s=9,
            priority="high",
            env={"A": "b=c"},
        )
    ]


def test_a_script_of_this_machine_travels(wishes: list[JobWish], tmp_path: Path) -> None:
    """Its name begins the job's."""
    path = tmp_path / "My_Model.py"
    path.write_text("print(1)\n")
    assert main(["job", "submit", str(path), "--depth", "3"]) == 0
    (wish,) = wishes

    assert wish.script is not None
    assert (wish.script.name, wish.script.text) == ("My_Model.py", "print(1)\n")
    assert wish.command == ("--depth", "3")
    assert wish.name.startswith("my-model-")


def test_nothing_that_a_cluster_says_steers_the_terminal(
    wishes: list[JobWish], capsys: pytest.CaptureFixture[str]
) -> None:
    """Reasons come from over there."""
    main(["job", "submit", "true"])
    output = capsys.readouterr().out

    assert "why" in output
    assert "\x1b" not in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--array", "3-1", "true"], "no range"),
        (["--array", "x", "true"], "no range"),
        (["--cpus", "many", "true"], "--cpus"),
        (["--name", "a--1", "true"], "--name"),
        (["--env", "=b", "true"], "--env"),
        ([], "Missing argument"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], said: str, wishes: list[JobWish], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the option that it is about; exit code 2."""
    assert main(["job", "submit", *words]) == 2
    assert said in capsys.readouterr().err
    assert wishes == []


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe", "no text"), (b"x" * 900_001, "bytes")])
def test_what_cannot_travel_is_refused(
    content: bytes,
    said: str,
    wishes: list[JobWish],
    tmp_path: Path,
    capsys: Any,
) -> None:
    """Programs and data belong into an image."""
    path = tmp_path / "x"
    path.write_bytes(content)
    assert main(["job", "submit", str(path)]) == 2
    assert said in capsys.readouterr().err
