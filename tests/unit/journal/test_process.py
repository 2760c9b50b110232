"""Which runs still go on."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kuberry.journal import process
from kuberry.journal.process import is_alive, this_process


def test_we_are_alive() -> None:
    """Our own mark is that of a living process."""
    assert is_alive(this_process())


def test_a_process_that_ended_is_not() -> None:
    """Its number is free, or another process has it."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = dataclasses.replace(this_process(), pid=child.pid, started=process._started(child.pid))
    before = is_alive(mark)
    child.communicate()

    assert (before, is_alive(mark)) == (True, False)


def test_the_same_number_of_another_time_is_another_process() -> None:
    """After a reboot, or when the number was given again."""
    assert not is_alive(dataclasses.replace(this_process(), boot_id="before the power cut"))
    assert not is_alive(dataclasses.replace(this_process(), started="1"))


def test_where_there_is_no_proc_the_number_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS; where not even that can be asked, it is believed to live."""
    monkeypatch.setattr(process, "_PROC", tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    gone = dataclasses.replace(this_process(), pid=child.pid)
    on_posix = (is_alive(this_process()), is_alive(gone))
    monkeypatch.setattr(os, "name", "nt")
    elsewhere = is_alive(gone)
    monkeypatch.undo()

    assert on_posix == (True, False)
    assert elsewhere


def test_a_name_may_hold_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """proc_pid_stat(5): the second field is the program's name in parentheses, blanks and all."""
    (tmp_path / "7").mkdir()
    rest = " ".join(str(number) for number in range(4, 53))
    (tmp_path / "7/stat").write_text(f"7 (a) b) S {rest}\n")
    monkeypatch.setattr(process, "_PROC", tmp_path)

    assert process._started(7) == "22"
