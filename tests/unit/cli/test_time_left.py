"""How long a run will take is said by what was measured, and an estimate is called one."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kuberry.api.durations import durations, medians
from kuberry.cli.render.board import Board
from kuberry.cli.render.host_line import span
from kuberry.model.cluster import Cluster
from kuberry.model.durations import GUESSES, Durations, guess_for
from kuberry.model.event import (
    AnyEvent,
    HostEnded,
    PlanStarted,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kuberry.model.heat import HostFelt
from kuberry.model.report import HostReport, RunReport, StepReport
from kuberry.model.sighting import HostSeen
from kuberry.settings import Settings

MB = 1_000_000
STEPS = ("files", "images", "join")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def plan(*hosts: str, bytes_to_send: int = 0, ids: tuple[str, ...] = STEPS) -> PlanStarted:
    """Return the beginning of a plan of three steps a host."""
    return PlanStarted(
        plan="install",
        steps=dict.fromkeys(hosts, len(STEPS)),
        bytes_to_send=dict.fromkeys(hosts, bytes_to_send),
        step_ids=dict.fromkeys(hosts, ids) if ids else {},
    )


def begun(host: str, step: str) -> StepStarted:
    """Return the beginning of a step."""
    return StepStarted(host=host, step=step, title=f"do {step}")


def done(host: str, step: str) -> StepFinished:
    """Return the end of a step."""
    return StepFinished(host=host, step=step, title=f"do {step}", duration_s=1)


def drawn(board: Board, width: int = 80) -> list[str]:
    """Return what a terminal of that width shows."""
    paper = Console(file=io.StringIO(), record=True, width=width, height=25, force_terminal=True)
    paper.print(board)
    return [line.rstrip() for line in paper.export_text().splitlines()]


MEASURED = Durations(
    by_host={"red": {"files": 10.0, "images": 100.0}},
    by_step={"files": 20.0, "images": 200.0, "join": 30.0},
)


def test_what_was_measured_on_the_host_comes_first() -> None:
    """Its own median, else that of all hosts; the time of the step under way is taken off."""
    clock = Clock()
    board = Board(clock, MEASURED)
    for event in (plan("red", "red01"), begun("red", "files"), begun("red01", "files")):
        board.take(event)
    clock.now += 5
    red, red01, last = drawn(board)

    assert red.endswith(" 2 min")  # 5 + 100 + 30
    assert red01.endswith(" 4 min")  # 15 + 200 + 30
    assert last.startswith("5 s  4 min left  0 of 2 ready")
    board.take(done("red", "files"))
    board.take(begun("red", "images"))
    clock.now += 500
    assert drawn(board)[0].endswith(" 30 s")  # what takes longer than ever is about to end


def test_an_estimate_is_called_one() -> None:
    """Nothing measured: the guess for the board, bytes included, with a mark of its own."""
    board = Board(Clock())
    for event in (
        HostSeen(host="red", board="Raspberry Pi 4 Model B Rev 1.4"),
        plan("red", bytes_to_send=2500 * MB),
        begun("red", "files"),
    ):
        board.take(event)

    assert drawn(board)[0].endswith(" ≈2 min")  # 3 * 5 s + 100 s
    board.take(StepProgress(host="red", step="files", bytes_sent=2500 * MB))
    assert drawn(board)[0].endswith(" ≈15 s")


def test_partly_measured_is_still_an_estimate() -> None:
    """One step that was never seen makes it one."""
    board = Board(Clock(), Durations(by_step={"files": 10.0, "images": 10.0}))
    board.take(plan("red"))

    assert drawn(board)[0].endswith(" ≈22 s")


def test_what_cannot_be_said_is_not_said() -> None:
    """Steps that are not known by name, and hosts that have ended."""
    board, ended = Board(Clock(), MEASURED), Board(Clock(), MEASURED)
    board.take(plan("red", ids=()))
    board.take(begun("red", "files"))
    ended.take(plan("red"))
    ended.take(HostEnded(host="red", ending="done"))

    assert "left" not in drawn(board)[-1]
    assert "left" not in drawn(ended)[-1]


def test_steps_of_one_id_are_counted_one_by_one() -> None:
    """Several archives are imported by steps of one name."""
    board = Board(Clock(), Durations(by_step={"images": 30.0}))
    board.take(plan("red", ids=("images", "images", "images")))
    board.take(begun("red", "images"))

    assert drawn(board)[0].endswith(" 2 min")  # 90 s
    board.take(done("red", "images"))
    board.take(begun("red", "images"))
    assert drawn(board)[0].endswith(" 1 min")


def test_nothing_is_said_of_all_while_one_host_is_unknown() -> None:
    """The slowest may be the one of which nothing can be said."""
    board = Board(Clock(), MEASURED)
    one, other = plan("red"), plan("red01", ids=())
    board.take(one.model_copy(update={"steps": one.steps | other.steps}))

    assert drawn(board)[0].endswith(" 2 min")
    assert "left" not in drawn(board)[-1]


@pytest.mark.parametrize(
    ("board", "bytes_per_s"),
    [
        ("Raspberry Pi 5 Model B Rev 1.0", 50e6),
        ("Raspberry Pi Compute Module 4 Rev 1.1", 25e6),
        ("Raspberry Pi 4 Model B Rev 1.4", 25e6),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", 6e6),
        ("Raspberry Pi Zero 2 W Rev 1.0", 6e6),
        ("", 50e6),
    ],
)
def test_guesses_by_board(board: str, bytes_per_s: float) -> None:
    """The most telling name counts; a machine that is no Pi has a guess, too."""
    assert guess_for(board).bytes_per_s == bytes_per_s


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (3599, "60 min"), (4800, "1:20 h")],
)
def test_spans(seconds: float, text: str) -> None:
    """Few characters."""
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("command", "good"),
    [("deploy", "ready"), ("reset", "as before"), ("stop", "off"), ("node-add", "ready")],
)
def test_the_word_of_a_good_end_is_that_of_the_command(command: str, good: str) -> None:
    """A host that was switched off is not called ready."""
    start = RunStarted(run="r", command=command, cluster="c", hosts=("red",), version="1")
    board = Board(Clock())
    for event in (start, plan("red", "red01"), HostEnded(host="red", ending="done")):
        board.take(event)

    assert board.summary() == f"1 of 2 {good}: red"
    assert drawn(board)[0].split("100%")[1].strip() == good


def test_heat_stands_in_the_line() -> None:
    """In degrees, also at 80 columns; a host that tells none has an empty place."""
    board = Board(Clock())
    for event in (
        plan("red", "red01", bytes_to_send=900 * MB),
        HostFelt(host="red", temperature_c=83.0, complaints=("throttled",), hot=True),
    ):
        board.take(event)
    red, red01, _ = drawn(board)

    assert "83°C" in red
    assert "°C" not in red01
    assert max(len(line) for line in (red, red01)) <= 80


def _report(seconds: float, *, ok: bool = True) -> RunReport:
    step = StepReport(id="join", title="t", plan="p", started_s=1.0, ended_s=1.0 + seconds, ok=ok)
    return RunReport(
        command="deploy",
        cluster=Cluster(
            name="c",
            hosts=("red",),
            control_plane="red",
            control_plane_rule="r",
            version="v1.20.2",
            bundle="b",
        ),
        started=datetime(2026, 1, 2, tzinfo=UTC),
        duration_s=1,
        hosts=(HostReport(host="red", ending="done", steps=(step,)),),
    )


def test_medians_of_earlier_runs() -> None:
    """One slow run does not spoil it; steps that failed tell nothing."""
    found = medians([_report(10), _report(12), _report(900), _report(1, ok=False)])

    assert found.of("red", "join") == 12.0
    assert found.of("other", "join") == 12.0
    assert found.of("red", "never") is None


def test_a_journal_that_is_not_there_or_unusable_knows_nothing(tmp_path: Path) -> None:
    """A run begins all the same."""
    settings: Any = Settings(state_dir=tmp_path)
    assert durations(settings=settings) == Durations()
    settings.journal_file.write_text("no database")
    assert durations(settings=settings) == Durations()


def test_no_line_is_wider_than_80_columns_with_all_there_is() -> None:
    """Heat, bytes, time left and a long name together."""
    name = "a-host-with-a-name-as-long-as-names-get-when-people-are-in-the-mood"
    board = Board(Clock(), MEASURED)
    events: tuple[AnyEvent, ...] = (
        plan(name, "red", bytes_to_send=9000 * MB),
        begun(name, "files"),
        HostFelt(host=name, temperature_c=83.0),
    )
    for event in events:
        board.take(event)
    lines = drawn(board)

    assert max(len(line) for line in lines) <= 80
    assert "do files" in lines[0] or "do f" in lines[0]
    assert "83°C" in lines[0]


def test_the_page_says_what_is_guessed() -> None:
    """The table of docs/health.md holds the numbers of the program."""
    page = (Path(__file__).parents[3] / "docs/health.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.endswith("MB/s |")]
    told = {
        (float(row.split("|")[2].split()[0]), float(row.split("|")[3].split()[0]) * 1e6)
        for row in rows
    }

    assert told == {(one.step_s, one.bytes_per_s) for one in GUESSES}
