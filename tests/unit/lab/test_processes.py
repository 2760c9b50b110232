"""A process is told from a later one with the same pid."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
