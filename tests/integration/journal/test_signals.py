"""Ctrl-C and SIGTERM, as a person or a system sends them to a real process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry import sync
from kuberry.settings import Settings

pytestmark = pytest.mark.integration

LINE = "interrupted; the same line goes on where this one stopped\n"
Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Give a function that starts kuberry as a terminal would."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, ignored: bool = False, state: Path = tmp_path) -> subprocess.Popen[str]:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if ignored else None
        process = subprocess.Popen(
            [sys.executable, "-m", "kuberry", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "KUBERRY_STATE_DIR": str(state), "KUBERRY_CONFIG_DIR": str(state)},
        )
        if ignored:
            signal.signal(signal.SIGINT, before)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Give a socket of this machine that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


def until_taken(pid: int, number: signal.Signals) -> None:
    """Wait until the process has taken the signal: of two that wait the kernel gives the lower.

    One that came when the process had just ended is never taken.
    """
    status, bit = Path(f"/proc/{pid}/status"), 1 << (number - 1)
    for _ in range(6000):
        words = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if not int(words["ShdPnd"], 16) & bit or words["State"].strip().startswith("Z"):
            return
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("signals", "ignored", "code"),
    [
        ([signal.SIGINT], False, 130),
        ([signal.SIGTERM], False, 143),
        ([signal.SIGINT] * 5, False, 130),
        ([signal.SIGTERM, signal.SIGINT, signal.SIGTERM], False, 143),
        ([signal.SIGINT, signal.SIGTERM], True, 143),
    ],
    ids=["ctrl-c", "sigterm", "impatient", "mixed", "background"],
)
def test_a_signal_ends_a_command_with_one_line(
    signals: list[signal.Signals],
    ignored: bool,  # noqa: FBT001 -- a case of the test
    code: int,
    begin: Begin,
    silent: socket.socket,
) -> None:
    """In the middle of a login: the exit code says which signal; no traceback, however often."""
    host = f"nobody@127.0.0.1:{silent.getsockname()[1]}"
    process = begin("status", "--hosts", host, "--connect-timeout", "90", ignored=ignored)
    with silent.accept()[0]:
        for number in signals:
            process.send_signal(number)
            until_taken(process.pid, number)
        output, errors = process.communicate(timeout=60)

    assert (process.returncode, output, errors) == (code, "", LINE)


def test_no_moment_of_its_end_is_without_an_answer_to_a_signal(
    begin: Begin, silent: socket.socket
) -> None:
    """SIGTERM from the first to the last: the handlers must never be the kernel's in between."""
    host = f"nobody@127.0.0.1:{silent.getsockname()[1]}"
    process = begin("status", "--hosts", host, "--connect-timeout", "90")
    with silent.accept()[0]:
        for _ in range(20_000):
            process.send_signal(signal.SIGTERM)
            if process.poll() is not None:
                break
            time.sleep(0.0005)
        output, errors = process.communicate(timeout=60)

    assert (process.returncode, output, errors) == (143, "", LINE)


def test_an_interrupted_lab_comes_up_with_the_same_line(begin: Begin, own_lab: Settings) -> None:
    """Ctrl-C while a host boots: exit code 130; the same line then completes."""
    line = ("lab", "up", "--hosts", "sig01")
    process = begin(*line, state=own_lab.state_dir)
    assert process.stderr is not None
    said = ""
    while "boots" not in said:
        said += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    again = begin(*line, state=own_lab.state_dir)
    again.communicate(timeout=100)
    status = sync.lab_status(settings=own_lab)

    assert (process.returncode, errors.splitlines()[-1] + "\n") == (130, LINE)
    assert "Traceback" not in errors
    assert again.returncode == 0
    assert status is not None
    assert [(one.host.name, one.power) for one in status.hosts] == [("sig01", "on")]
