"""Each run leaves its report, however it ended; the journal makes the same one again."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import made_up as make
from kuberry.api.runs import run_document, run_page
from kuberry.cli.main import main
from kuberry.errors import Unreachable
from kuberry.journal.keep import keep_run, reports_beside
from kuberry.model.document import RunDocument
from kuberry.model.event import AnyEvent, Notice, PlanStarted, RunEnded, StepFinished, StepStarted
from kuberry.model.report import HostReport, RunReport
from kuberry.settings import Settings

CLUSTER = make.cluster("red", "red01")
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import made_up as make
from kuberry.journal.keep import keep_run
from kuberry.journal.read import Journal
from kuberry.model.event import PlanStarted, StepStarted

async def body():
    file = Path(sys.argv[1])
    async with keep_run(file, "deploy", make.cluster("red", "red01")) as run:
        run.emit(PlanStarted(plan="install", steps={"red": 1}, bytes_to_send={}))
        run.emit(StepStarted(host="red", step="init", title="start the control plane"))
        while not any(one.seq == 3 for one in Journal(file).events(run.id)):
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(body())
"""


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Have the state of a directory of the test's own."""
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(tmp_path / "state"))
    return Settings()


def keep(settings: Settings, error: BaseException | None = None) -> list[AnyEvent]:
    """Keep a run of one step that ends well, or with *error*; return what it told."""
    told: list[AnyEvent] = []

    async def body() -> None:
        async with keep_run(settings.journal_file, "deploy", CLUSTER, told.append) as run:
            run.emit(PlanStarted(plan="install", steps={"red": 1}, bytes_to_send={}))
            run.emit(StepStarted(host="red", step="init", title="start"))
            if error is not None:
                raise error
            run.emit(StepFinished(host="red", step="init", title="start", duration_s=0))
            hosts = (HostReport(host="red", ending="done"),)
            run.report(
                RunReport(
                    command="deploy",
                    cluster=CLUSTER,
                    started=run.started,
                    duration_s=run.elapsed_s,
                    hosts=hosts,
                )
            )

    try:
        asyncio.run(body())
    except (KeyboardInterrupt, Unreachable, ValueError):
        assert error is not None
    return told


@pytest.mark.parametrize(
    ("error", "state", "outcome", "step"),
    [
        (None, "ended", "done", "done"),
        (Unreachable("nothing answered", host="red"), "ended", "error", "unfinished"),
        (ValueError("of ours"), "ended", "error", "unfinished"),
        (KeyboardInterrupt(), "interrupted", "", "unfinished"),
    ],
)
def test_a_run_leaves_its_report_whatever_ended_it(
    error: BaseException | None, state: str, outcome: str, step: str, settings: Settings
) -> None:
    """JSON and page; the last event names the page; the journal makes the same document again."""
    end = keep(settings, error)[-1]
    assert isinstance(end, RunEnded)
    page = Path(end.page)
    document = RunDocument.model_validate_json(page.with_suffix(".json").read_text("utf-8"))
    again = run_document()

    assert page == settings.reports_dir / f"{end.run}.html"
    assert sorted(one.name for one in settings.reports_dir.iterdir()) == sorted(
        (page.name, page.with_suffix(".json").name)
    )
    assert (document.run.state, document.run.outcome) == (state, outcome)
    assert [one.state for one in document.hosts[0].steps] == [step]
    assert again.model_dump(exclude={"duration_s", "phases", "critical_path", "hosts"}) == (
        document.model_dump(exclude={"duration_s", "phases", "critical_path", "hosts"})
    )
    assert [one.title for one in again.critical_path] == [
        one.title for one in document.critical_path
    ]
    assert "start" in page.read_text("utf-8")


def test_of_a_run_that_was_killed_the_journal_makes_the_report(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """SIGKILL leaves no file; `runs show --html` makes the page, also to standard output."""
    shared = str(Path(make.__file__).parent)
    paths = os.pathsep.join([shared, *sys.path])
    subprocess.run(
        [sys.executable, "-c", KILLED, str(settings.journal_file)],
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
        timeout=60,
    )
    assert not settings.reports_dir.exists()
    assert main(["runs", "show", "--html", str(tmp_path / "page.html")]) == 0
    assert main(["runs", "show", "last", "--html", "-"]) == 0
    printed = capsys.readouterr().out

    assert printed == (tmp_path / "page.html").read_text("utf-8") == run_page()
    assert ">interrupted</span>" in printed
    assert "start the control plane" in printed
    assert ">unfinished</span>" in printed


def test_a_page_that_cannot_be_written_is_wrong_usage(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The file is named, with why."""
    keep(settings)

    assert main(["runs", "show", "--html", str(tmp_path / "no" / "page.html")]) == 2
    assert "page.html cannot be written: No such file" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_stops_no_run(settings: Settings) -> None:
    """A file stands in the way of the directory: one notice, and the journal has the run."""
    settings.state_dir.mkdir()
    settings.reports_dir.write_text("in the way")
    told = keep(settings)
    notices = [one.message for one in told if isinstance(one, Notice)]

    assert len(notices) == 1
    assert "this run's report is not written: File exists" in notices[0]
    assert isinstance(told[-1], RunEnded)
    assert (told[-1].outcome, told[-1].page) == ("done", "")
    assert run_document().run.outcome == "done"


def test_even_a_bug_in_the_page_stops_no_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong while it is written is one notice."""

    def broken(*_: object) -> Path:
        raise ZeroDivisionError

    monkeypatch.setattr("kuberry.journal.keep.write_report", broken)
    told = keep(settings)

    assert [one.message.split(" (")[0] for one in told if isinstance(one, Notice)] == [
        "this run's report is not written: ZeroDivisionError"
    ]
    assert isinstance(told[-1], RunEnded)


def test_the_files_are_json_for_programs(settings: Settings) -> None:
    """Plain JSON with a version of its shape; beside the journal, where the settings say."""
    keep(settings)
    (file,) = settings.reports_dir.glob("*.json")
    found = json.loads(file.read_text("utf-8"))

    assert found["schema_version"] == 1
    assert found["wish"]["name"] == "shelf"
    assert settings.reports_dir == reports_beside(settings.journal_file)
