"""What people see of a run that goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from rich.console import Console

from kuberry.cli.options import Output
from kuberry.cli.render.board import Board
from kuberry.cli.render.host_line import HostLine
from kuberry.cli.render.progress import Lines, bars, live
from kuberry.model.event import (
    AnyEvent,
    HostEnded,
    Notice,
    Phase,
    PlanStarted,
    RunEnded,
    RunStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kuberry.model.run import EventRecord

MIB = 1 << 20


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def plan(*hosts: str, steps: int = 4, bytes_to_send: int = 64 * MIB) -> PlanStarted:
    """Make the beginning of a plan."""
    return PlanStarted(
        plan="install",
        steps=dict.fromkeys(hosts, steps),
        bytes_to_send=dict.fromkeys(hosts, bytes_to_send),
    )


def begun(host: str, title: str = "install kubelet") -> StepStarted:
    """Make the beginning of a step."""
    return StepStarted(host=host, step="put", title=title)


def sent(host: str, size: int) -> StepProgress:
    """Make the news of bytes."""
    return StepProgress(host=host, step="put", bytes_sent=size)


def ended(host: str, ending: str = "done") -> HostEnded:
    """Make the end of a host."""
    return HostEnded(host=host, ending=ending)


def drawn(board: Board, width: int = 120, height: int = 25) -> list[str]:
    """Return what a terminal of that size shows."""
    paper = Console(
        file=io.StringIO(), record=True, width=width, height=height, force_terminal=True
    )
    paper.print(board)
    return paper.export_text().splitlines()


def board_of(events: Sequence[AnyEvent], clock: Clock | None = None) -> Board:
    """Return the picture after *events*."""
    board = Board(clock or Clock())
    for event in events:
        board.take(event)
    return board


def test_a_host_has_one_line_with_step_bytes_and_rate() -> None:
    """Who, how much of all, what, how many bytes of how many, how fast."""
    clock = Clock()
    board = board_of([plan("red", "red01"), begun("red")], clock)
    clock.now += 2
    board.take(sent("red", 32 * MIB))
    red, red01, last = drawn(board)

    assert red.split()[0] == "red"
    assert red.rstrip().endswith("16.0 MiB/s")
    for word in ("33%", "install kubelet", "32/64 MiB"):
        assert word in red
    assert red01.split()[0] == "red01"
    assert "0/64 MiB" in red01
    assert last.split() == ["2", "s", "0", "of", "2", "ready"]


def test_who_is_ready_is_folded_into_one_line() -> None:
    """Ready and failed hosts stand in the last line, as expressions."""
    failed = StepFailed(host="red02", step="s", title="join", code="c", message="no way")
    hosts = ("red", "red01", "red02", "red03")
    events: list[AnyEvent] = [plan(*hosts), ended("red"), ended("red01", "unchanged")]
    board = board_of([*events, failed, ended("red02", "failed")])
    lines = drawn(board)

    assert board.summary() == "2 of 4 ready: red,red01; failed: red02"
    assert lines[-1].endswith(board.summary())
    assert "no way" in lines[2]
    assert "100%" in lines[0]
    assert "100%" in lines[1]


def test_before_the_plan_and_after_the_hosts_the_phase_is_said() -> None:
    """Connecting and proving have no host's line of their own."""
    before = board_of([Phase(name="facts", message="looking at the hosts")])
    after = board_of([Phase(name="facts", message="looking"), plan("red"), ended("red")])
    silent = after.summary()
    after.take(Phase(name="verify", message="asking the cluster"))

    assert drawn(before) == ["0 s  looking at the hosts"]
    assert silent == "1 of 1 ready: red"
    assert after.summary() == "1 of 1 ready: red; asking the cluster"


@pytest.mark.parametrize("width", [20, 40, 60, 72, 90, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Columns go, long words are cut; each host keeps exactly one line with name and step."""
    names = ("red", "a-host-with-a-name-as-long-as-names-get-when-people-are-in-the-mood")
    board = board_of([plan(*names), begun("red", "wait " * 40), begun(names[1]), sent("red", 7)])
    lines = drawn(board, width)

    assert len(lines) == 3
    assert max(len(line.rstrip()) for line in lines) <= width
    assert lines[0].startswith("red ")
    assert "wait" in lines[0]
    assert lines[1].startswith("a-host")


def test_no_picture_is_higher_than_the_terminal() -> None:
    """Of many hosts the telling ones are shown, in their order, and how many more there are."""
    names = [f"pi{number:02}" for number in range(50)]
    done = [ended(name) for name in names[:40]]
    failed = StepFailed(host="pi45", step="s", title="join", code="c", message="no way")
    board = board_of([plan(*names), *done, failed, ended("pi45", "failed")])
    lines = drawn(board, height=8)

    assert [line.split()[0] for line in lines[:-1]] == [
        "pi40", "pi41", "pi42", "pi43", "pi44", "pi45",
    ]  # fmt: skip
    assert lines[-1].endswith("44 more hosts not shown")


def test_a_second_plan_adds_to_the_first() -> None:
    """Preparation and installation are one way from 0 to 100 %."""
    step = StepFinished(host="red", step="s", title="t", duration_s=1)
    first = plan("red", steps=1, bytes_to_send=0)
    board = board_of([first, step, ended("red"), plan("red", steps=3, bytes_to_send=0)])

    assert "25%" in drawn(board)[0]
    assert board.summary() == "0 of 1 ready"


def test_a_host_cannot_steer_the_terminal() -> None:
    """Escape sequences and markup in what a host said are shown, not obeyed."""
    nasty = "\x1b[2J[red]boo[/red]\r"
    failed = StepFailed(host="red", step="s", title="t", code="c", message=nasty)
    paper = io.StringIO()
    screen = Console(file=paper, width=80, force_terminal=True, color_system=None)
    screen.print(board_of([plan("red"), failed]))
    plain = io.StringIO()
    Lines(Console(file=plain, soft_wrap=True), Clock()).take(failed)

    for shown in (paper.getvalue(), plain.getvalue()):
        assert "[red]boo[/red]" in shown
        assert not {"\x1b", "\r"} & set(shown.replace("\x1b[?25l", ""))


def test_notices_stand_above_the_picture_and_stay() -> None:
    """The picture is drawn over line by line, never the whole screen, and is gone at the end."""
    paper = io.StringIO()
    screen = Console(file=paper, width=80, height=20, force_terminal=True, color_system=None)
    with bars(screen, Clock()) as emit:
        emit(plan("red"))
        emit(begun("red", "install kubelet"))
        emit(Notice(host="red", message="this is the lab's host"))
    shown = paper.getvalue()

    assert "red: this is the lab's host\n" in shown
    assert "\x1b[2J" not in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1
    assert "install kubelet" not in shown.rpartition("\x1b[2K")[2]


def test_without_a_terminal_there_are_plain_lines() -> None:
    """One line for each step that ended, with the seconds since the beginning; none for bytes."""
    clock, paper = Clock(), io.StringIO()
    lines = Lines(Console(file=paper, soft_wrap=True), clock)
    clock.now += 1.5
    lines.take(Phase(name="connect", message="connecting"))
    for event in (plan("red", "red01"), begun("red"), sent("red", MIB)):
        lines.take(event)
    clock.now += 60
    lines.take(StepFinished(host="red", step="put", title="install kubelet", duration_s=60.04))
    lines.take(ended("red"))

    assert paper.getvalue().splitlines() == [
        "   1.5  connecting",
        "  61.5  red: install kubelet (60.0 s)",
        "  61.5  red: done (1 of 2 ready: red)",
    ]


def test_json_lines_are_numbered_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is an event record; a run's events are counted from its beginning."""
    start = RunStarted(run="r1", command="deploy", cluster="red", hosts=("red",), version="1")
    given: list[AnyEvent] = [Notice(message="before"), start, plan("red"), ended("red")]
    with live(Output.JSON) as emit:
        for event in given:
            emit(event)
    out, err = capsys.readouterr()
    records = [EventRecord.model_validate_json(line) for line in err.splitlines()]

    assert out == ""
    assert [one.event for one in records] == given
    assert [(one.run, one.seq) for one in records] == [("", 1), ("r1", 1), ("r1", 2), ("r1", 3)]
    assert list(json.loads(err.splitlines()[1])) == ["run", "seq", "time", "elapsed_s", "event"]


def test_what_is_no_terminal_gets_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe reads lines."""
    with live(Output.TABLE) as emit:
        for event in (plan("red"), ended("red")):
            emit(event)

    assert "\x1b" not in (shown := capsys.readouterr().err)
    assert shown.endswith("red: done (1 of 1 ready: red)\n")


@pytest.mark.parametrize("terminal", [True, False])
def test_at_its_end_a_run_says_where_its_report_is(*, terminal: bool) -> None:
    """On a terminal and in plain lines; nothing where none could be written."""
    paper = Console(file=io.StringIO(), record=True, width=40, force_terminal=terminal)
    end = RunEnded(
        run="r", outcome="done", duration_s=1, page="/a/page/with/a/long/name/" + "x" * 30
    )
    for event in (end, end.model_copy(update={"page": ""})):
        if terminal:
            with bars(paper, Clock()) as emit:
                emit(event)
        else:
            Lines(paper, Clock()).take(event)
    text = paper.export_text()

    assert text.count("report: ") == 1
    assert end.page in text.replace("\n", "")


def test_of_steps_beside_each_other_the_last_that_began_and_still_goes_on_is_shown() -> None:
    """When it ends, the line tells of the one that goes on; bytes of both are counted."""
    line = HostLine("red", steps=3, bytes_to_send=100, todo=("images-a", "kubelet", "init"))
    for event in (
        StepStarted(host="red", step="images-a", title="import a"),
        StepStarted(host="red", step="kubelet", title="install kubelet"),
        StepProgress(host="red", step="images-a", bytes_sent=60),
        StepProgress(host="red", step="kubelet", bytes_sent=40),
    ):
        line.advance(event, 0.0)
    shown = (line.step, line.step_bytes, line.bytes_sent)
    line.advance(StepFinished(host="red", step="kubelet", title="", duration_s=1.0), 1.0)

    assert shown == ("install kubelet", 40, 100)
    assert (line.step, line.steps_done, line.todo) == ("import a", 1, ("init",))
