"""Runs in the journal: whole, in order, and never in the way."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.errors import Unreachable
from kuberry.journal.database import open_database
from kuberry.journal.keep import keep_run
from kuberry.journal.read import Journal
from kuberry.model.cluster import Cluster
from kuberry.model.event import AnyEvent, Notice, RunEnded, RunStarted, StepProgress, ignore
from kuberry.model.plan import Captured, HostPlan, Plan, Run
from kuberry.model.report import HostReport, RunReport
from kuberry.transports.fake import FakeTransport

CLUSTER = Cluster(
    name="red",
    hosts=("red", "red01"),
    control_plane="red",
    control_plane_rule="as you said",
    version="v1.20.2",
    bundle="lab",
)
TOKEN = "abcdef.0123456789abcdef"


def _no_file(_artifact: object) -> Path:
    raise AssertionError


def report_of(*hosts: HostReport) -> RunReport:
    """Make a report."""
    started = datetime(2026, 1, 2, tzinfo=UTC)
    return RunReport(command="deploy", cluster=CLUSTER, started=started, duration_s=1, hosts=hosts)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the journal is to be."""
    return tmp_path / "state" / "journal.sqlite"


async def test_what_happened_can_be_read_again(file: Path) -> None:
    """Every event, in order, numbered without a gap, stamped with UTC and seconds; the report."""
    told: list[AnyEvent] = []
    async with keep_run(file, "deploy", CLUSTER, told.append) as run:
        for number in range(2000):
            run.emit(StepProgress(host="red", step="put", bytes_sent=number))
        given = run.report(report_of(HostReport(host="red", ending="done")))
    journal = Journal(file)
    detail, records = journal.find(), list(journal.events(run.id))

    assert [one.event for one in records] == told
    assert isinstance(told[0], RunStarted)
    assert isinstance(told[-1], RunEnded)
    assert [one.seq for one in records] == list(range(1, 2003))
    assert all(one.run == run.id and one.time.tzinfo == UTC for one in records)
    assert sorted(one.elapsed_s for one in records) == [one.elapsed_s for one in records]
    assert (detail.run.state, detail.run.outcome) == ("ended", "done")
    assert detail.report == given
    assert given.run == run.id


async def test_an_event_is_in_the_file_while_the_run_goes_on(file: Path) -> None:
    """A reader beside the run sees it, and from any number on."""
    async with keep_run(file, "deploy", CLUSTER) as run, asyncio.timeout(20):
        run.emit(Notice(message="seen"))
        while len(found := list(Journal(file).events(run.id, after=1))) < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        running = Journal(file).runs()

    assert [(one.seq, one.event) for one in found] == [(2, Notice(message="seen"))]
    assert [(one.id, one.state, one.ended) for one in running] == [(run.id, "running", None)]


async def test_only_its_owner_can_read_it(file: Path) -> None:
    """The file, and those that SQLite keeps beside it, are 0600; so is one that was not."""
    async with keep_run(file, "deploy", CLUSTER) as run:
        while not list(Journal(file).events(run.id)):  # noqa: ASYNC110 -- another thread writes
            await asyncio.sleep(0.01)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    file.chmod(0o644)
    Journal(file).runs()

    assert modes == dict.fromkeys((file.name, f"{file.name}-wal", f"{file.name}-shm"), 0o600)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("error", "state", "outcome", "code"),
    [
        (Unreachable("nothing answered", host="red"), "ended", "error", "unreachable"),
        (ValueError("holds abcdef.0123456789abcdef"), "ended", "error", "bug"),
        (asyncio.CancelledError(), "interrupted", "", ""),
        (KeyboardInterrupt(), "interrupted", "", ""),
    ],
)
async def test_whatever_ends_a_run_is_written_down(
    error: BaseException, state: str, outcome: str, code: str, file: Path
) -> None:
    """An error and an interruption go on their way, and are known afterwards."""
    with pytest.raises(type(error)):
        async with keep_run(file, "deploy", CLUSTER):
            raise error
    (run,) = Journal(file).runs()

    assert (run.state, run.outcome, run.code) == (state, outcome, code)
    assert run.ended is not None
    assert TOKEN not in run.message


async def test_no_captured_value_is_in_the_file(file: Path) -> None:
    """A token that hosts hand on, and that a failing step prints, is nowhere in the bytes."""
    unit, tokens = (
        re.compile("systemd-run"),
        Run(id="t", title="t", script=": t", captures=("token",)),
    )
    join = Run(id="j", title="j", script=": j", stdin=(Captured(captured="token"),))
    hosts = {
        "red": FakeTransport("red").reply(unit, stdout=f"{TOKEN}\n"),
        "blue": FakeTransport("blue").reply(unit, exit_status=1, stderr=f"bad token {TOKEN}\n"),
    }
    plan = Plan(
        title="test",
        hosts=(HostPlan(host="red", steps=(tokens,)), HostPlan(host="blue", steps=(join,))),
    )
    with contextlib.closing(open_database(file)):  # keeps what SQLite writes beside the file
        async with keep_run(file, "deploy", CLUSTER) as run:
            means = Means(transports=dict(hosts), reconnect={}, fetch=_no_file, emit=run.emit)
            run.report(report_of(*await execute(plan, means)))
        kept = {one.name: one.read_bytes() for one in file.parent.rglob("*") if one.is_file()}
    found = Journal(file).find().report

    assert hosts["blue"].ran[0].stdin.endswith(TOKEN.encode())
    assert found is not None
    assert found.hosts[1].output == "bad token [redacted]\n"
    assert b"[redacted]" in kept[f"{file.name}-wal"]
    assert not [name for name, data in kept.items() if TOKEN.encode() in data]


def _garbage(file: Path) -> None:
    file.write_bytes(b"no database at all, but long enough to look at\n" * 100)


def _newer(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 1000")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(_garbage, "not a database"), (Path.mkdir, "is no file"), (_newer, "version 1000")],
)
async def test_a_journal_that_cannot_be_written_stops_no_run(
    spoil: Callable[[Path], None], why: str, file: Path
) -> None:
    """The run goes on to its end, hears of it once, and the file is left as it is."""
    file.parent.mkdir()
    spoil(file)
    before = file.read_bytes() if file.is_file() else b""
    told: list[AnyEvent] = []
    async with keep_run(file, "deploy", CLUSTER, told.append) as run:
        for number in range(100):
            run.emit(StepProgress(host="red", step="put", bytes_sent=number))
            await asyncio.sleep(0)
        given = run.report(report_of(HostReport(host="red", ending="done")))
    notices = [one.message for one in told if isinstance(one, Notice)]

    assert len(notices) == 1
    assert why in notices[0]
    assert str(file) in notices[0]
    assert len([one for one in told if isinstance(one, StepProgress)]) == 100
    assert given.outcome == "done"
    assert (file.read_bytes() if file.is_file() else b"") == before


async def test_a_directory_that_cannot_be_made_stops_no_run(tmp_path: Path) -> None:
    """A file stands where the state directory should be: one notice of each that is not kept."""
    (tmp_path / "state").write_text("in the way")
    told: list[AnyEvent] = []
    async with keep_run(tmp_path / "state/journal.sqlite", "deploy", CLUSTER, told.append):
        pass

    notices = [one.message for one in told if isinstance(one, Notice)]
    assert sorted(notice.split(" not ")[0] for notice in notices) == [
        "this run is",
        "this run's report is",
    ]
    assert [one.page for one in told if isinstance(one, RunEnded)] == [""]


async def test_runs_side_by_side_do_not_mix(file: Path) -> None:
    """Each has its own events, all of them, whatever the others write."""

    async def one(name: str) -> str:
        cluster = CLUSTER.model_copy(update={"name": name})
        async with keep_run(file, "deploy", cluster) as run:
            for number in range(200):
                run.emit(Notice(host=name, message=str(number)))
                await asyncio.sleep(0)
        return run.id

    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(one(name)) for name in ("red", "blue", "green")}
    for name, task in tasks.items():
        events = [one.event for one in Journal(file).events(task.result())]
        said = [one.message for one in events if isinstance(one, Notice) and one.host == name]
        assert said == [str(number) for number in range(200)]
        assert len(events) == 202


async def test_emitting_never_waits_for_the_disk(file: Path) -> None:
    """While another process holds the file, events are taken at once and written later."""
    async with keep_run(file, "deploy", CLUSTER, ignore):
        pass
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with keep_run(file, "deploy", CLUSTER) as run:
            for _ in range(50):
                run.emit(Notice(message="waiting"))
            meanwhile = list(Journal(file).events(run.id))
            other.execute("COMMIT")

    assert meanwhile == []
    assert len(list(Journal(file).events(run.id))) == 52
