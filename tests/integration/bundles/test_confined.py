"""Programs of the build are confined, and end with the one who started them."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kuberry.errors import CommandFailed, CommandTimeout
from kuberry.lab.kubernetes.confined import run_in_root, run_logged

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("lab_machine")]

START = """
import asyncio, sys
from pathlib import Path
from kuberry.lab.kubernetes.confined import run_logged
asyncio.run(run_logged(
    "sh", "-c", "echo started; exec sleep 4321", "sh", sys.argv[2],
    log=Path(sys.argv[1]), tick=lambda: None, deadline_s=60))
"""


def tick() -> None:
    """Take a tick."""


def mounts() -> str:
    """Return what is mounted."""
    return Path("/proc/self/mountinfo").read_text()


def running(word: str) -> list[str]:
    """Return the processes of this machine that have *word* on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if word.encode() in words:
            found.append(path.parent.name)
    return found


async def test_a_failure_names_its_log_and_its_last_words(tmp_path: Path) -> None:
    """Whoever reads the error knows what went wrong and where to read on."""
    log = tmp_path / "build.log"
    with pytest.raises(CommandFailed, match="sh ended with 3 on this machine: no space") as caught:
        await run_logged(
            *("sh", "-c", "echo first; echo no space >&2; exit 3"),
            log=log,
            tick=tick,
            deadline_s=30,
        )

    assert str(log) in caught.value.remedy
    assert log.read_text() == "first\nno space\n"


def _is_gone(word: str) -> bool:
    """Return whether it is gone soon: who was killed takes a moment to die."""
    deadline = time.monotonic() + 30
    while running(word) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(word)


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    """With all that it started itself."""
    word = f"hang-{tmp_path.name}"
    script = 'sh -c "sleep 4321" "$0" & wait'
    with pytest.raises(CommandTimeout, match="did not end within"):
        await run_logged("sh", "-c", script, word, log=tmp_path / "l", tick=tick, deadline_s=1)

    assert await asyncio.to_thread(_is_gone, word)


def test_a_killed_build_leaves_no_process(tmp_path: Path) -> None:
    """SIGKILL gives no time to clean up; the kernel does it."""
    log, word = tmp_path / "log", f"mark-{tmp_path.name}"
    with subprocess.Popen([sys.executable, "-c", START, str(log), word]) as process:
        deadline = time.monotonic() + 30
        while not (log.exists() and log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert log.read_text() == "started\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    while running(word) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert running(word) == []


async def test_there_is_no_network_in_the_root(tmp_path: Path) -> None:
    """What is compiled comes from the source package and from nowhere else."""
    log = tmp_path / "log"
    await run_in_root(Path("/"), "cat", "/proc/net/dev", log=log, tick=tick, deadline_s=30)

    devices = [line.split(":")[0].strip() for line in log.read_text().splitlines() if ":" in line]
    # The kernel makes fallback tunnels in every namespace; none of them leads anywhere.
    assert "lo" in devices
    assert not [name for name in devices if name.startswith(("eth", "en", "wl", "veth", "br"))]


async def test_nothing_stays_mounted(tmp_path: Path) -> None:
    """The mounts of the build are its own."""
    before = mounts()
    await run_in_root(Path("/"), "true", log=tmp_path / "log", tick=tick, deadline_s=30)

    assert mounts() == before
