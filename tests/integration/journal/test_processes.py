"""The journal of several processes, some of which die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry.journal.follow import Kept, events_of_all, newest_number
from kuberry.journal.keep import keep_run
from kuberry.journal.read import Journal
from kuberry.journal.store import Store
from kuberry.model.cluster import Cluster
from kuberry.model.event import Notice, RunEnded
from kuberry.model.run import EventRecord

pytestmark = pytest.mark.integration

PROGRAM = """
import asyncio, resource, sys
from pathlib import Path
from kuberry.journal.keep import keep_run
from kuberry.model.cluster import Cluster
from kuberry.model.event import Notice

file, name, events, pause_s, largest_file = sys.argv[1:]
if int(largest_file):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest_file), int(largest_file)))
words = dict(control_plane="red", control_plane_rule="", version="v1", bundle="lab")
cluster = Cluster(name=name, hosts=("red",), **words)

async def main():
    async with keep_run(Path(file), "deploy", cluster, say) as run:
        print(run.id, flush=True)
        for number in range(int(events)):
            run.emit(Notice(host="red", message=f"{name} {number}"))
            await asyncio.sleep(float(pause_s))

def say(event):
    if isinstance(event, Notice) and event.host is None:
        print(event.message, flush=True)

asyncio.run(main())
"""
TWINS = """
import asyncio, os, signal, sys
from pathlib import Path
from kuberry.journal.keep import keep_run
from kuberry.model.cluster import Cluster
from kuberry.model.event import Notice
import kuberry.journal.read, kuberry.reports.page

words = dict(control_plane="red", control_plane_rule="", version="v1", bundle="lab")
cluster = Cluster(name="red", hosts=("red",), **words)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead

async def talk():
    async with keep_run(Path(sys.argv[1]), "deploy", cluster) as run:
        print(os.getpid(), run.id, flush=True)
        for number in range(100_000):
            run.emit(Notice(host="red", message=str(number)))
            await asyncio.sleep(0.0005)

for _ in sys.stdin:
    if not os.fork():
        asyncio.run(talk())
"""
KILLS = 20
Start = Callable[..., "subprocess.Popen[str]"]
StartTwin = Callable[[], tuple[int, str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the journal is to be."""
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
def start(file: Path) -> Start:
    """Give a function that starts a process which keeps a run."""

    def begin(
        name: str, *, events: int = 200, pause_s: float = 0.0, largest_file: int = 0
    ) -> subprocess.Popen[str]:
        words = [str(file), name, str(events), str(pause_s), str(largest_file)]
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def start_twin(file: Path) -> Iterator[StartTwin]:
    """Give a function that starts a process which talks without end; return its pid and run.

    They are twins of one that has imported everything, so that each is there in no time.
    """
    with subprocess.Popen(
        [sys.executable, "-c", TWINS, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        stdin, stdout = parent.stdin, parent.stdout

        def begin() -> tuple[int, str]:
            stdin.write("another\n")
            stdin.flush()
            pid, run = stdout.readline().split()
            return int(pid), run

        yield begin
        parent.kill()


def said(records: list[EventRecord]) -> list[str]:
    """Return what the process emitted itself, without the beginning and the end of the run."""
    return [one.event.message for one in records if isinstance(one.event, Notice)]


def test_processes_that_write_at_once_lose_nothing(file: Path, start: Start) -> None:
    """Six make the file and write to it together: every event of each is there, in its order."""
    processes = {f"cluster{number}": start(f"cluster{number}") for number in range(6)}
    outputs = {name: process.communicate(timeout=90) for name, process in processes.items()}
    journal = Journal(file)

    assert {name: errors for name, (_, errors) in outputs.items()} == dict.fromkeys(outputs, "")
    for name, (output, _) in outputs.items():
        (run,) = journal.runs(cluster=name)
        assert output.split() == [run.id]
        assert said(list(journal.events(run.id))) == [f"{name} {one}" for one in range(200)]
        assert run.state == "ended"


def test_a_killed_run_loses_nothing_that_was_told(file: Path, start_twin: StartTwin) -> None:
    """20 are killed at random points: what a follower was told stays, without a gap, and is sound.

    The follower reads as the server does, which tells nothing but what is kept.
    """
    dice = random.Random(20)  # noqa: S311 -- a die, no secret
    store, number, lost = Store(file, connections=1), 0, 0
    for _ in range(KILLS):
        pid, run = start_twin()
        told: list[Kept] = []
        wanted, give_up = dice.randint(1, 100), time.monotonic() + 60
        while len(told) < wanted and time.monotonic() < give_up:
            told += events_of_all(store, told[-1].number if told else number)
        assert Journal(file).find(run).run.state == "running"
        os.kill(pid, signal.SIGKILL)
        while Journal(file).find(run).run.state == "running":
            assert time.monotonic() < give_up
        kept = list(Journal(file).events(run))
        told_texts = [one.record for one in told]

        lost += len(set(told_texts) - {one.model_dump_json() for one in kept})
        assert len(told) >= wanted
        assert [one.seq for one in kept] == list(range(1, len(kept) + 1))
        assert not any(isinstance(one.event, RunEnded) for one in kept)
        assert Journal(file).find(run).run.state == "interrupted"
        number = newest_number(store)
    store.close()
    assert lost == 0
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_stops_no_run(file: Path, start: Start) -> None:
    """The process may write no more: it goes on to its end, says so once, and others still read."""
    first = start("before").communicate(timeout=60)
    process = start("after", events=20_000, largest_file=file.stat().st_size + 200_000)
    output, errors = process.communicate(timeout=90)
    lines = output.splitlines()

    assert first[1] == errors == ""
    assert process.returncode == 0
    assert len(lines) == 3
    assert "this run is not kept in the journal" in lines[1]
    assert "not written" in lines[2]
    assert len(said(list(Journal(file).events(first[0].strip())))) == 200


async def test_a_writer_that_waits_too_long_gives_up_its_journal_not_its_run(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the file for good: one notice."""
    monkeypatch.setattr("kuberry.journal.keep.Writer", _impatient)
    words = {"control_plane": "red", "control_plane_rule": "", "version": "v1", "bundle": "lab"}
    cluster = Cluster.model_validate({"name": "red", "hosts": ("red",), **words})
    async with keep_run(file, "deploy", cluster):
        pass
    told: list[str] = []

    def listen(event: object) -> None:
        if isinstance(event, Notice):
            told.append(event.message)

    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with keep_run(file, "deploy", cluster, listen) as run:
            while not told:  # noqa: ASYNC110 -- another thread says it
                await asyncio.sleep(0.01)
            run.emit(Notice(message="still at work"))

    assert told[0].startswith("this run is not kept in the journal: database is locked")
    assert told[1:] == ["still at work"]


def _impatient(file: Path, on_failure: Callable[[str], None]) -> object:
    from kuberry.journal.writer import Writer  # noqa: PLC0415

    return Writer(file, on_failure, timeout_s=0.2)


def test_the_command_line_shows_a_killed_run(
    file: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kuberry runs list` says interrupted; its events are JSON lines."""
    process = start("shelf", events=100_000, pause_s=0.001)
    assert process.stdout is not None
    run = process.stdout.readline().strip()
    while not list(Journal(file).events(run)):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(file.parent))

    def kuberry(*words: str) -> str:
        command = [sys.executable, "-m", "kuberry", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert kuberry("runs", "list").splitlines()[1].split()[-1] == "interrupted"
    assert json.loads(kuberry("runs", "show", run, "-o", "json"))["report"] is None
    first = json.loads(kuberry("runs", "show", run, "-o", "events").splitlines()[0])
    assert (first["run"], first["event"]["kind"]) == (run, "run-started")
