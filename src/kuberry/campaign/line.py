"""One line of ours, run as a user runs it, and watched from outside."""

from __future__ import annotations

import asyncio
import json
import time
from asyncio import StreamReader
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any, cast

from kuberry.campaign.place import Place
from kuberry.campaign.record import LineRun
from kuberry.model.run import EventRecord

LONGEST_S = 1500.0
HUNG = 124
"""Status that we give a line which did not end in time; it has been killed."""

_LONGEST_LINE_BYTES = 1 << 24
_LAST_WORDS = 4
_LONGEST_WORD = 400


class Line:
    """A line under way.

    Args:
        log: What it writes goes to files whose names begin with this one.

    Attributes:
        under_way: Steps that have begun and not ended: ``gold:init``.
    """

    def __init__(self, words: tuple[str, ...], process: Process, log: Path) -> None:
        self.process = process
        self.under_way: set[str] = set()
        self._words = words
        self._log = log
        self._began = time.monotonic()
        self._awaited = ""
        self._reached = asyncio.Event()
        self._told: list[str] = []

    @property
    def is_over(self) -> bool:
        """Return whether it has ended."""
        return self.process.returncode is not None

    async def step(self, host: str, step: str) -> None:
        """Wait until *host* begins *step*; for ever, where it does not."""
        self._awaited = f"{host}:{step}"
        if self._awaited in self.under_way:
            return
        await self._reached.wait()

    async def end(self) -> LineRun:
        """Wait for its end and return how it was."""
        output = b""
        try:
            async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                reading = group.create_task(cast(StreamReader, self.process.stdout).read())
            output = reading.result()
            status = await self.process.wait()
        except TimeoutError:
            self._told.append(f"no end within {LONGEST_S:g} s")
            status = HUNG
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()
        self._log.with_suffix(".out").write_bytes(output)
        return self._run(output, status)

    async def _listen(self) -> None:
        with self._log.with_suffix(".err").open("wb") as log:
            async for line in cast(StreamReader, self.process.stderr):
                log.write(line)
                self._hear(line)

    def _hear(self, line: bytes) -> None:
        if not line.startswith(b"{"):
            self._told.append(line.decode(errors="replace").strip())
            return
        event = EventRecord.model_validate_json(line).event
        if event.kind == "step-started":
            name = f"{event.host}:{event.step}"
            self.under_way.add(name)
            if name == self._awaited:
                self._reached.set()
        elif event.kind in {"step-finished", "step-failed"}:
            self.under_way.discard(f"{event.host}:{event.step}")

    def _run(self, output: bytes, status: int) -> LineRun:
        report = _json(output)
        outcome = str(report.get("outcome", "")) if isinstance(report, dict) else ""
        said = (*complaints(report), *(one for one in self._told[-_LAST_WORDS:] if one))
        seconds = round(time.monotonic() - self._began, 2)
        cut = tuple(one[:_LONGEST_WORD] for one in said)
        return LineRun(words=self._words, status=status, outcome=outcome, said=cut, seconds=seconds)


async def start(place: Place, words: tuple[str, ...], log: Path) -> Line:
    """Start the line of *words*; what it says of itself is written beside *log*."""
    line = place.kuberry(*words, "--output", "json")
    process = await asyncio.create_subprocess_exec(
        *line, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, limit=_LONGEST_LINE_BYTES
    )
    return Line(words, process, log)


async def type_line(place: Place, words: tuple[str, ...], log: Path) -> LineRun:
    """Run the line of *words* to its end."""
    return await (await start(place, words, log)).end()


def complaints(report: Any) -> tuple[str, ...]:
    """Return what the JSON of a report, or of a verify, says that is not as it should be."""
    if isinstance(report, list):
        bad = (one for one in report if one.get("outcome") == "fail")
        return tuple(f"{one['id']} {one['where'] or ''}: {one['detail']}" for one in bad)
    if not isinstance(report, dict):
        return ()
    hosts = (one for one in report.get("hosts", ()) if one.get("message"))
    said = [f"{one['host']}: {one['failed_step']}: {one['message']}" for one in hosts]
    findings = (one for one in report.get("findings", ()) if one.get("severity") == "error")
    said += [f"{one.get('host')}: {one.get('title')}" for one in findings]
    return (*said, *complaints(report.get("probes", [])))


def _json(output: bytes) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return None
