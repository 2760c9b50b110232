"""What people and programs see while hosts are watched."""

from __future__ import annotations

import io
import json
import signal
from collections import deque
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from kuberry.cli.main import main
from kuberry.cli.render.watch import SAMPLES, HealthBoard, sparkline
from kuberry.cli.running import Interrupted
from kuberry.cli.running import run as real
from kuberry.facts.health import throttling
from kuberry.model.facts import Card, Health, Memory
from kuberry.model.pulse import HostPulse, Link, Pulse, WatchReport
from kuberry.model.status import Problem

GIB = 2**30


def pulse(temperature_c: float | None = 45.0, raw: int = 0, **changes: Any) -> Pulse:
    """Return how a Pi feels."""
    health = Health(
        temperature_c=temperature_c,
        throttling=throttling(raw),
        cpu_frequency_mhz=1500,
        load_1min=0.42,
    )
    known: dict[str, Any] = {
        "health": health,
        "memory": Memory(total_bytes=8 * GIB, available_bytes=6 * GIB, limit_bytes=None),
        "link": Link(name="eth0", wireless=False, speed_mbps=1000),
        "cards": (Card(device="mmcblk0", kind="SD", application_class=2),),
    }
    return Pulse(**(known | changes))


def up(host: str, seen: Pulse) -> HostPulse:
    """Return the row of a host that answers."""
    return HostPulse(host=host, state="reachable", pulse=seen)


LOST = HostPulse(
    host="red01",
    state="lost",
    problem=Problem(code="unreachable", message="nothing \x1b[2J answered", remedy="r"),
)


def report(*rows: HostPulse, seq: int = 1) -> WatchReport:
    """Return a report."""
    return WatchReport(seq=seq, taken_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), hosts=rows)


def drawn(board: HealthBoard, width: int = 120, height: int = 25) -> list[str]:
    """Return what a terminal of that size shows."""
    paper = Console(
        file=io.StringIO(), record=True, width=width, height=height, force_terminal=True
    )
    paper.print(board)
    return paper.export_text().splitlines()


def test_a_line_for_each_host_with_all_that_is_told() -> None:
    """Heat, complaints, load, memory, clock rate, link and card; a lost host has its reason."""
    board = HealthBoard()
    board.take(report(up("red", pulse(83.4, 0x50005)), LOST))
    _, red, red01, _ = drawn(board, 160)

    for word in ("83 °C", "under-voltage now, throttled now", "0.42", "6.0/8.0 GiB", "1500 MHz"):
        assert word in red
    for word in ("1000 Mbit/s", "SD A2 wear not told"):
        assert word in red
    assert red01.split()[:2] == ["red01", "-"]
    assert "answered" in red01
    assert "\x1b" not in red01


def test_what_is_not_told_is_a_dash_and_never_zero() -> None:
    """A host without sensors shows no figure at all."""
    board = HealthBoard()
    board.take(report(up("red", Pulse(health=None, memory=None, link=None, cards=None))))
    _, red, _ = drawn(board, 160)

    assert red.split() == ["red", *"-------"]


def test_the_last_samples_are_bars() -> None:
    """Cold to hot on one scale for all hosts; a gap where a host was lost; only so many."""
    assert sparkline(deque([20.0, 30.0, 60.0, None, 89.0, 120.0])) == "▁▁▅ ██"
    board = HealthBoard()
    for seq in range(SAMPLES + 5):
        board.take(report(up("red", pulse(30.0 if seq < 5 else 89.0)), seq=seq + 1))
    assert "█" * SAMPLES in drawn(board)[1]
    assert "▁" not in drawn(board)[1]


@pytest.mark.parametrize("width", [20, 40, 64, 80, 96, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Columns go, long words are cut; each host keeps exactly one line with name and heat."""
    board = HealthBoard()
    long = up("a-host-with-a-name-as-long-as-names-get", pulse(83.0, 0xF000F))
    board.take(report(up("red", pulse(45.0)), long, LOST))
    lines = drawn(board, width)

    assert len(lines) == 5
    assert max(len(line.rstrip()) for line in lines) <= width
    assert lines[1].startswith("red ")
    assert "45 °C" in lines[1]
    assert "83 °C" in lines[2]


def test_no_picture_is_higher_than_the_terminal() -> None:
    """How many hosts are not shown is said."""
    board = HealthBoard()
    board.take(report(*(up(f"pi{number:02}", pulse()) for number in range(50))))
    lines = drawn(board, height=10)

    assert len(lines) <= 10
    assert "43 more hosts not shown" in lines[-1]


def _watching(monkeypatch: pytest.MonkeyPatch, end: BaseException | None = None) -> None:
    async def look(_hosts: str, show: Any, **_: object) -> None:
        show(report(up("red", pulse()), LOST))
        show(report(up("red", pulse()), LOST, seq=2))

    def run(work: Any) -> None:
        real(work)
        if end:
            raise end

    monkeypatch.setattr("kuberry.api.watch.watch", look)
    monkeypatch.setattr("kuberry.cli.status.run", run)


def test_json_lines_are_whole_reports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One report a line, as it comes."""
    _watching(monkeypatch)
    assert main(["status", "--hosts", "red,red01", "--watch", "-o", "json"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [WatchReport.model_validate_json(line).seq for line in lines] == [1, 2]
    assert json.loads(lines[0])["hosts"][1]["problem"]["code"] == "unreachable"


def test_a_pipe_gets_a_line_for_each_host_and_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With words that say what the figures are, and nothing that steers a terminal."""
    _watching(monkeypatch)
    main(["status", "--hosts", "red,red01", "--watch"])
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 4
    assert lines[0].startswith("03:04:05 red 45 °C load 0.42 free 6.0/8.0 GiB 1500 MHz")
    assert lines[1].startswith("03:04:05 red01 - nothing ")
    assert "\x1b" not in "".join(lines)


def test_ctrl_c_is_the_way_it_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0 and no word of an interruption; SIGTERM stays what it is."""
    _watching(monkeypatch, Interrupted(signal.SIGINT))
    assert main(["status", "--hosts", "red", "--watch"]) == 0
    assert capsys.readouterr().err == ""
    _watching(monkeypatch, Interrupted(signal.SIGTERM))
    assert main(["status", "--hosts", "red", "--watch"]) == 143


def test_an_interval_without_watching_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody should believe that a single look repeats itself."""
    assert main(["status", "--hosts", "red", "--interval", "5"]) == 2
    assert "--watch" in capsys.readouterr().err
