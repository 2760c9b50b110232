"""Run a program to its end and say how long that took."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

from kuberry.bench.figures import Pair, Sample

Contender = Callable[[], Sample]
_LAST_LINES = 5
_LAST_CHARACTERS = 600


def load() -> float:
    """Return how many processes want to run on this machine, on average over the last minute."""
    return round(os.getloadavg()[0], 2)


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """A program that was run to its end, and what it wrote."""

    sample: Sample
    stdout: str
    stderr: str


def measure(words: Sequence[str], *, deadline_s: float) -> Measured:
    """Run *words* and say how long they took; the last that a failed program said is its fault.

    Args:
        deadline_s: Seconds until it is killed with all it started, which is a fault too.
    """
    before = load()
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 -- the bench's own words
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        stdout, stderr = process.communicate(timeout=deadline_s)
        fault = _fault(process.returncode, stderr)
    except subprocess.TimeoutExpired:
        stdout, stderr, fault = "", "", f"no end within {deadline_s:g} s"
    finally:
        seconds = time.monotonic() - began
        _end(process)
    return Measured(Sample(seconds=round(seconds, 4), load=before, fault=fault), stdout, stderr)


def alternate(
    repetitions: int,
    ours: Contender,
    theirs: Contender,
    told: Callable[[Pair], None],
) -> tuple[Pair, ...]:
    """Measure both contenders *repetitions* times; who begins changes each time, first theirs.

    Args:
        told: Hears of each pair as soon as there is one.
    """
    pairs = []
    for number in range(repetitions):
        if number % 2 == 0:
            other, mine = theirs(), ours()
            pair = Pair(ours=mine, theirs=other, first="theirs")
        else:
            mine, other = ours(), theirs()
            pair = Pair(ours=mine, theirs=other, first="ours")
        told(pair)
        pairs.append(pair)
    return tuple(pairs)


def _end(process: subprocess.Popen[str]) -> None:
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _fault(status: int, stderr: str) -> str:
    if status == 0:
        return ""
    last = " | ".join(stderr.strip().splitlines()[-_LAST_LINES:])
    return f"exit status {status}: {last[-_LAST_CHARACTERS:]}"
