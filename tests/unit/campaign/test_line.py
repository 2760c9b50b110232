"""A line is watched through what it tells, whatever becomes of it."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from datetime import UTC, datetime
from pathlib import Path

from kuberry.campaign.line import start, type_line
from kuberry.campaign.place import Place
from kuberry.model.event import AnyEvent, StepFinished, StepStarted
from kuberry.model.run import EventRecord


@dataclasses.dataclass(frozen=True, slots=True)
class Stage(Place):
    """A place whose program is a stand-in: shell text that tells what ours would tell."""

    text: str

    def kuberry(self, *words: str) -> tuple[str, ...]:
        """Return the words that run the stand-in."""
        return ("sh", "-c", self.text, *words)


def _tells(*events: AnyEvent) -> str:
    """Return shell text that tells *events* as our program does: JSON lines on standard error."""
    records = (
        EventRecord(run="r", seq=number, time=datetime.now(UTC), elapsed_s=0, event=one)
        for number, one in enumerate(events, 1)
    )
    return "".join(f"echo '{one.model_dump_json()}' >&2; " for one in records)


BEGINS = StepStarted(host="gold", step="files", title="write files")
ENDS = StepFinished(host="gold", step="files", title="write files", duration_s=1)
NEXT = StepStarted(host="gold", step="init", title="start it")


async def test_a_step_is_awaited_and_what_is_under_way_is_known(tmp_path: Path) -> None:
    """Steps that have ended are not under way; a signal's number is the status."""
    place = Stage(tmp_path, _tells(BEGINS, ENDS, NEXT) + "exec sleep 60")
    line = await start(place, ("deploy",), tmp_path / "1")
    async with asyncio.TaskGroup() as group:
        ending = group.create_task(line.end())
        await line.step("gold", "init")
        assert (line.under_way, line.is_over) == ({"gold:init"}, False)
        line.process.send_signal(signal.SIGKILL)
    done = ending.result()

    assert (done.status, done.words, done.outcome) == (-signal.SIGKILL, ("deploy",), "")
    assert (tmp_path / "1.err").read_text("utf-8").count("step-") == 3


async def test_a_failed_line_says_what_it_said(tmp_path: Path) -> None:
    """Its report comes first, then its words to people; its output is kept as it was."""
    report = (
        '{"outcome": "failed", "hosts": [{"host": "gold", "failed_step": "f", "message": "m"}]}'
    )
    place = Stage(tmp_path, f"echo so it is >&2; echo '{report}'; exit 5")
    done = await type_line(place, ("deploy",), tmp_path / "1")

    assert (done.status, done.outcome, done.said) == (5, "failed", ("gold: f: m", "so it is"))
    assert (tmp_path / "1.out").read_text("utf-8") == f"{report}\n"
