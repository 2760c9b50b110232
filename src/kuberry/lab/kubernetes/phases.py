"""A build in phases that remember what they were made of: killed anywhere, it goes on there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from kuberry.model.event import Emit, Notice

_STAMP = ".inputs"
_TIMES = "seconds.json"
Tick = Callable[[], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """What a phase is given to work with.

    Attributes:
        into: An empty directory for what it makes.
        key: Digest of all its inputs.
        tick: To be called now and then while it waits.
    """

    into: Path
    key: str
    tick: Tick


Work = Callable[[Job], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Phase:
    """A part of a build.

    Attributes:
        title: What it does, for people.
        inputs: All that its result depends on, besides the phases in *needs*.
        needs: Names of phases whose results it reads.
        expected_s: Seconds it takes on two cores; what this machine took last time wins.
        uses_up: Names of phases whose results nobody needs after this one.
    """

    name: str
    title: str
    inputs: str
    work: Work
    needs: tuple[str, ...] = ()
    expected_s: float = 10.0
    uses_up: tuple[str, ...] = ()


class Build:
    """Phases, and the directory that holds what they made.

    Args:
        directory: Each phase has a directory in it, named after the phase.
        phases: Each after those it needs; the last is what is wanted.
    """

    def __init__(self, directory: Path, phases: Sequence[Phase], emit: Emit) -> None:
        self._directory = directory
        self._phases = {phase.name: phase for phase in phases}
        self._emit = emit
        self._keys = _keys(self._phases)

    @property
    def key(self) -> str:
        """Return the digest of all inputs of the last phase."""
        return self._keys[list(self._phases)[-1]]

    def missing(self) -> tuple[Phase, ...]:
        """Return the phases that have to be done for the last one, in order."""
        found: set[str] = set()
        self._collect(list(self._phases)[-1], found)
        return tuple(phase for phase in self._phases.values() if phase.name in found)

    async def run(self) -> None:
        """Do what is missing."""
        phases = self.missing()
        expected = self._expected()
        for number, phase in enumerate(phases, 1):
            rest_s = sum(expected[one.name] for one in phases[number:])
            prefix = f"lab bundle, {number} of {len(phases)}: {phase.title}"
            started = time.monotonic()
            self._tell(prefix, 0.0, expected[phase.name], rest_s)

            def tick(
                prefix: str = prefix,
                started: float = started,
                expected_s: float = expected[phase.name],
                rest_s: float = rest_s,
            ) -> None:
                self._tell(prefix, time.monotonic() - started, expected_s, rest_s)

            await self._do(phase, tick)
            self._remember(phase.name, time.monotonic() - started)

    async def _do(self, phase: Phase, tick: Tick) -> None:
        unfinished = self._directory / f"{phase.name}.unfinished"
        discard(unfinished)
        discard(self._directory / phase.name)
        unfinished.mkdir(parents=True)
        await phase.work(Job(unfinished, self._keys[phase.name], tick))
        (unfinished / _STAMP).write_text(self._keys[phase.name], "ascii")
        unfinished.rename(self._directory / phase.name)
        for name in phase.uses_up:
            discard(self._directory / name)

    def _collect(self, name: str, found: set[str]) -> None:
        if name in found or self._is_done(name):
            return
        found.add(name)
        for other in self._phases[name].needs:
            self._collect(other, found)

    def _is_done(self, name: str) -> bool:
        stamp = self._directory / name / _STAMP
        return stamp.is_file() and stamp.read_text("ascii") == self._keys[name]

    def _expected(self) -> dict[str, float]:
        defaults = {phase.name: phase.expected_s for phase in self._phases.values()}
        return defaults | self._times()

    def _times(self) -> dict[str, float]:
        try:
            known = json.loads((self._directory / _TIMES).read_text("ascii"))
            return {name: float(known[name]) for name in self._phases if name in known}
        except (OSError, ValueError, TypeError):
            return {}

    def _remember(self, name: str, taken_s: float) -> None:
        times = self._times() | {name: round(taken_s, 1)}
        (self._directory / _TIMES).write_text(json.dumps(times), "ascii")

    def _tell(self, prefix: str, elapsed_s: float, expected_s: float, rest_s: float) -> None:
        done = f", {_minutes(elapsed_s)} so far" if elapsed_s else ""
        if elapsed_s > expected_s:
            usual = f"longer than the {_minutes(expected_s)} expected"
            rest = f"about {_minutes(rest_s)} for the rest" if rest_s else "nothing comes after it"
            self._emit(Notice(message=f"{prefix}{done}, {usual}; {rest}"))
            return
        left = _minutes(expected_s - elapsed_s + rest_s)
        self._emit(Notice(message=f"{prefix}{done}; about {left} left in all"))


def discard(directory: Path) -> None:
    """Remove *directory*, but nothing that may be mounted below it.

    Raises:
        OSError: Something is mounted there, or cannot be removed.
    """
    if directory.exists():
        argv = ("rm", "-rf", "--one-file-system", "--", str(directory))
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"{directory} cannot be removed: {done.stderr.strip()}")


def _keys(phases: Mapping[str, Phase]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for name, phase in phases.items():
        parts = [name, phase.inputs, *(keys[other] for other in phase.needs)]
        keys[name] = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return keys


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
