"""One writer at a time, whoever it is and however it ends."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest

from kuberry.bundles.lock import FileLock
from kuberry.errors import CacheBusy

HOLD = """
import sys
from pathlib import Path
from kuberry.bundles.lock import FileLock
with FileLock(Path(sys.argv[1]), timeout_s=5):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock until its input ends."""
    words = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    """After the deadline the error names the holder and what to do."""
    path = tmp_path / "lock"
    waited_for: list[str] = []
    with holder(path) as process:
        lock = FileLock(path, timeout_s=0, on_wait=waited_for.append)
        with pytest.raises(CacheBusy, match=f"process {process.pid} ") as caught, lock:
            pytest.fail("two hold it")
        process.communicate("")

    assert "wait for it" in caught.value.remedy


def test_a_second_process_waits_and_says_so_once(tmp_path: Path) -> None:
    """It gets the lock when the first one lets it go."""
    path = tmp_path / "lock"
    waited_for: list[str] = []
    with holder(path) as process:

        def end_it(who: str) -> None:
            waited_for.append(who)
            process.communicate("")

        with FileLock(path, timeout_s=30, on_wait=end_it):
            pass

    assert waited_for == [f"process {process.pid}"]


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    """The system itself lets the lock go."""
    path = tmp_path / "lock"
    with holder(path) as process:
        process.kill()
        process.wait()
        with FileLock(path, timeout_s=0):
            pass


def test_without_fcntl_the_other_module_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows msvcrt locks, far behind the text that says who holds it."""
    held: set[int] = set()

    def locking(_descriptor: int, mode: int, length: int) -> None:
        if held:
            raise OSError("held")
        held.add(mode + length)

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    with (
        FileLock(tmp_path / "lock", timeout_s=0) as lock,
        pytest.raises(CacheBusy),
        FileLock(tmp_path / "lock", timeout_s=0),
    ):
        pytest.fail("two hold it")

    assert held == {3}
    assert lock.holder().startswith("process ")
