"""How fast a disk makes writes last: read from what hosts said, and what is said of a slow one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from kuberry.facts.flush import PROBE, measure
from kuberry.facts.probe import Unparsable
from kuberry.model.facts import Flush
from kuberry.transports.fake import FakeTransport

# From a laptop with an NVMe disk, cut after a dozen of 500.
FAST = "".join(
    f"us:{one}\n" for one in (912, 640, 655, 618, 703, 611, 640, 598, 677, 630, 641, 602)
)
# GNU coreutils 9.1, LC_ALL=C: the line of dd that our sed lets through.
BY_DD = "".join(f"s:{one}\n" for one in ("0.00117935", "9.1e-05", *["0.0341"] * 10))


def test_the_99th_percentile_is_one_that_was_measured() -> None:
    """The nearest rank: of a hundred the 99th, of few the slowest."""
    hundred = "".join(f"us:{one}000\n" for one in range(1, 101))
    assert PROBE.read(f"{hundred}end:\n") == Flush(writes=100, p99_ms=99.0)
    assert PROBE.read(f"{FAST}end:\n") == Flush(writes=12, p99_ms=0.912)


def test_what_dd_says_is_read_as_well() -> None:
    """Where there is no python3; small numbers have an exponent."""
    assert PROBE.read(f"{BY_DD}end:\n") == Flush(writes=12, p99_ms=34.1)


@pytest.mark.parametrize("output", ["", FAST, "us:1\nend:\n", "us:x\nend:\n", "end:\n"])
def test_half_an_answer_is_none(output: str) -> None:
    """Cut off, too few writes, or no numbers."""
    with pytest.raises(Unparsable):
        PROBE.read(output)


@pytest.mark.parametrize("python3", [True, False])
def test_the_script_says_figures_with_and_without_python3(tmp_path: Path, *, python3: bool) -> None:
    """Only that some came out: how fast this machine is proves nothing."""
    text = PROBE.text.replace("/var/lib/", f"{tmp_path}/")
    text = text if python3 else text.replace("python3 -c 'import os, time'", "false")
    done = subprocess.run(
        ["/bin/sh", "-s", "20", "5"], input=text, capture_output=True, text=True, check=True
    )
    assert PROBE.read(done.stdout).p99_ms > 0
    assert list(tmp_path.iterdir()) == []
    assert ("us:" in done.stdout) == python3


async def test_a_host_that_cannot_be_written_says_why() -> None:
    """No figure is made up."""
    transport = FakeTransport("red").reply(
        re.compile("kuberry-flush"), stderr="mktemp: Read-only file system\n", exit_status=1
    )
    assert await measure(transport) == "mktemp: Read-only file system"
