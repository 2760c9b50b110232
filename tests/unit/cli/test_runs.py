"""What people and programs read of runs of the past."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuberry.api.runs import load_run
from kuberry.cli.main import main
from kuberry.journal.keep import keep_run
from kuberry.model.cluster import Cluster
from kuberry.model.event import Notice, StepFinished, StepStarted
from kuberry.model.report import HostReport, RunReport
from kuberry.model.run import EventRecord, RunDetail, RunRecord
from kuberry.settings import Settings

CLUSTER = Cluster(
    name="shelf",
    hosts=("red", "red01", "red02"),
    control_plane="red",
    control_plane_rule="as you said",
    version="v1.20.2",
    bundle="lab",
)
HOSTS = tuple(HostReport(host=name, ending="done") for name in CLUSTER.hosts)
REPORT = RunReport(
    command="deploy",
    cluster=CLUSTER,
    started=datetime(2026, 1, 2, tzinfo=UTC),
    duration_s=61.0,
    hosts=HOSTS,
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Have the journal of a directory of the test's own."""
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(tmp_path))
    return Settings()


def keep(settings: Settings, *, cluster: Cluster = CLUSTER, stopped: bool = False) -> str:
    """Keep a run that did a step, and ended well or was stopped in the next."""

    async def body() -> str:
        async with keep_run(settings.journal_file, "deploy", cluster) as run:
            run.emit(StepStarted(host="red", step="a", title="install kubelet"))
            run.emit(StepFinished(host="red", step="a", title="install kubelet", duration_s=1))
            run.emit(StepStarted(host="red01", step="b", title="join [the] cluster"))
            ids.append(run.id)
            if stopped:
                raise KeyboardInterrupt
            run.report(REPORT)
        return run.id

    ids: list[str] = []
    try:
        return asyncio.run(body())
    except KeyboardInterrupt:
        return ids[0]


def test_runs_are_listed_newest_first(state: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """With cluster, time and end; of one cluster alone where that is asked for."""
    first = keep(state, stopped=True)
    second = keep(state, cluster=CLUSTER.model_copy(update={"name": "other"}))
    assert main(["runs", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["runs", "list", "--cluster", "shelf", "--output", "json"]) == 0
    (only,) = json.loads(capsys.readouterr().out)

    assert [line.split()[0] for line in lines] == ["RUN", second, first]
    assert [line.split()[-1] for line in lines] == ["END", "done", "interrupted"]
    assert lines[1].split()[1:3] == ["deploy", "other"]
    assert RunRecord.model_validate(only).id == first


def test_a_pipe_gets_whole_words(state: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster with a name as long as names get cuts nothing off."""
    name = "a-shelf-with-a-name-as-long-as-they-get"
    keep(state, cluster=CLUSTER.model_copy(update={"name": name}), stopped=True)
    main(["runs", "list"])
    words = capsys.readouterr().out.splitlines()[1].split()

    assert words[2] == name
    assert words[-1] == "interrupted"


def test_a_run_is_shown_as_it_ended(state: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The last one by default, as the command itself showed it, or as JSON."""
    run = keep(state)
    assert main(["runs", "show"]) == 0
    shown = capsys.readouterr().out
    assert main(["runs", "show", run[:-2], "-o", "json"]) == 0
    detail = RunDetail.model_validate_json(capsys.readouterr().out)

    assert shown.startswith("deploy of shelf (red,red[01-02]), ")
    assert "shelf is a cluster of red,red[01-02]" in shown
    assert detail == load_run(run)
    assert detail.report == REPORT.model_copy(update={"run": run})


def test_of_an_interrupted_run_one_sees_how_far_it_came(
    state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """For each host the last step it began, and whether that ended."""
    keep(state, stopped=True)
    assert main(["runs", "show", "last"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[1:] == [
        "interrupted",
        "  red: install kubelet: done",
        "  red01: join [the] cluster: began, its end is not known",
    ]


def test_the_events_of_a_run_can_be_read_again(
    state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON line each, all of them, in order."""
    run = keep(state)
    assert main(["runs", "show", run, "--output", "events"]) == 0
    records = [
        EventRecord.model_validate_json(line) for line in capsys.readouterr().out.splitlines()
    ]

    assert [one.seq for one in records] == [1, 2, 3, 4, 5]
    assert [one.event.kind for one in records] == [
        "run-started", "step-started", "step-finished", "step-started", "run-ended",
    ]  # fmt: skip


def test_where_nothing_was_done_nothing_is_made(
    state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list; asking for a run is wrong usage with a remedy; no file comes of it."""
    assert main(["runs", "list"]) == 0
    assert main(["runs", "show"]) == 2
    out, err = capsys.readouterr()

    assert out == "no run is known here\n"
    assert "kuberry deploy" in err
    assert list(state.state_dir.iterdir()) == []


@pytest.mark.parametrize(("said", "why"), [("1999", "no run"), ("2", "several"), ("", "several")])
def test_a_run_that_is_not_clear_is_wrong_usage(
    said: str, why: str, state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """No id, half an id of two, nothing at all: exit code 2 and the line that helps."""
    keep(state)
    keep(state)

    assert main(["runs", "show", said]) == 2
    err = capsys.readouterr().err
    assert why in err
    assert "kuberry runs list" in err


def test_a_broken_journal_is_said_with_its_remedy(
    state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, which file, what to do."""
    state.journal_file.write_bytes(b"garbage" * 1000)

    assert main(["runs", "list"]) == 3
    err = capsys.readouterr().err
    assert str(state.journal_file) in err.replace("\n", "")
    assert "move it away" in err


def test_a_report_that_cannot_be_understood_is_said(
    state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report of another kuberry does not end in a traceback; its events still can be read."""
    run = keep(state)
    with sqlite3.connect(state.journal_file) as db:
        db.execute('UPDATE runs SET report = \'{"from": "the future"}\'')
    db.close()

    assert main(["runs", "show", run]) == 3
    assert f"the report of {run} cannot be understood" in capsys.readouterr().err
    assert main(["runs", "show", run, "--output", "events"]) == 0


def test_notices_that_a_host_said_cannot_steer_the_terminal(
    state: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Events are JSON: escape sequences stay escaped."""

    async def body() -> None:
        async with keep_run(state.journal_file, "deploy", CLUSTER) as run:
            run.emit(Notice(message="\x1b[2J"))

    asyncio.run(body())
    main(["runs", "show", "-o", "events"])

    assert "\x1b" not in capsys.readouterr().out
