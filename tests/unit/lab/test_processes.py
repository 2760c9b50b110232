"""A process is told from a later one with the same pid."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kuberry.errors import CommandTimeout
from kuberry.lab import processes
from kuberry.lab.processes import ProcessId


def test_a_living_process_is_known() -> None:
    """This very process is alive."""
    me = processes.identify(os.getpid())
    assert me is not None
    assert me.alive


def test_a_reused_pid_is_another_process() -> None:
    """The same pid with another start is not the process that was meant."""
    me = processes.identify(os.getpid())
    assert me is not None
    assert not ProcessId(me.pid, me.started + 1).alive


def test_a_zombie_is_dead() -> None:
    """What has ended and was not waited for does not run; after the wait it is not there."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = processes.identify(child.pid)
    assert found is not None
    assert child.pid in processes.children(os.getpid())
    found.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not found.alive
    child.communicate()
    assert processes.identify(child.pid) is None


def test_killing_the_dead_is_no_error() -> None:
    """A process that ended meanwhile needs no killing."""
    ProcessId(2**22 + 1, 1).kill()


def test_a_process_survives_its_file() -> None:
    """What was written down is what is read."""
    assert processes.parse(str(ProcessId(12, 34))) == ProcessId(12, 34)


@pytest.mark.parametrize("text", ["", "12", "12 x", "1 2 3", "-1 2"])
def test_what_is_no_process_is_none(text: str) -> None:
    """Half a file, or a foreign one, names no process that could be killed."""
    assert processes.parse(text) is None


def test_a_process_is_found_by_what_it_runs_and_for_what(tmp_path: Path) -> None:
    """Module and directory must both fit; a directory of another lab does not."""
    words = (sys.executable, "-c", "input()", "some.module", str(tmp_path / "lab" / "host"))
    child = subprocess.Popen(words, stdin=subprocess.PIPE)
    found = processes.identify(child.pid)
    try:
        assert processes.running("some.module", tmp_path / "lab") == (found,)
        assert processes.running("some.module", tmp_path / "other") == ()
        assert processes.running("other.module", tmp_path / "lab") == ()
    finally:
        child.communicate()


def test_end_returns_when_nothing_is_alive() -> None:
    """What is found again and again is killed until it is gone."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = processes.identify(child.pid)
    assert found is not None
    processes.end(lambda: [found])
    assert not found.alive
    child.communicate()


def test_what_cannot_be_killed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the deadline the pids are named."""
    me = processes.identify(os.getpid())
    assert me is not None
    monkeypatch.setattr(processes, "_END_DEADLINE_S", 0.05)
    monkeypatch.setattr(ProcessId, "kill", lambda _self: None)
    with pytest.raises(CommandTimeout, match=str(me.pid)):
        processes.end(lambda: [me])
