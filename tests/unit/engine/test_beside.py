"""Images are imported beside the steps after them, and waited for where they are needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.errors import CommandFailed
from kuberry.model.bundle import ImageArchive
from kuberry.model.event import AnyEvent, StepFinished
from kuberry.model.plan import Gate, HostPlan, LoadImages, Plan, Run, Step
from kuberry.model.report import HostReport
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.transport import CommandResult


class Host(FakeTransport):
    """A host on which a step ends when another one has: ``{"images-b": "program"}``."""

    def __init__(self, name: str, ends_after: dict[str, str], fails: str = "") -> None:
        super().__init__(name)
        self._ends_after, self._fails = ends_after, fails
        self._ended = {step: asyncio.Event() for step in ends_after.values()}

    async def run(self, command: Command, **_: object) -> CommandResult:
        """End in that order."""
        step = next((one for one in STEPS if f"kuberry-step-{one}-" in command.text), "")
        if step in self._ends_after:
            await self._ended[self._ends_after[step]].wait()
        if step in self._ended:
            self._ended[step].set()
        if step and step == self._fails:
            return CommandResult(1, b"", b"no space left\n")
        return CommandResult(0, b"", b"")


STEPS = ("images-a", "images-b", "program", "init", "last")


def _images(name: str, *captures: str) -> LoadImages:
    archive = ImageArchive(
        name=name,
        version="1",
        architecture="amd64",
        images=(f"{name}:1",),
        sha256="0" * 64,
        size_bytes=1,
    )
    return LoadImages(id=name, title=name, archive=archive, captures=captures)


def _run(name: str) -> Run:
    return Run(id=name, title=name, script=f": {name}")


PLAN: tuple[Step, ...] = (
    _images("images-a"),
    _images("images-b", "images:red"),
    _run("program"),
    Gate(id="wait", title="wait", value="images:red"),
    _run("init"),
)


async def _execute(host: Host, *steps: Step) -> tuple[HostReport, list[str]]:
    events: list[AnyEvent] = []
    means = Means(
        transports={"red": host},
        reconnect={},
        fetch=lambda _artifact: Path("/nowhere"),
        emit=events.append,
    )
    plan = Plan(title="test", hosts=(HostPlan(host="red", steps=steps),))
    async with asyncio.timeout(5):
        (report,) = await execute(plan, means)
    return report, [one.step for one in events if isinstance(one, StepFinished)]


async def test_an_import_goes_on_while_the_steps_after_it_are_done() -> None:
    """An import that ends after a later step stops nobody; the step that needs it comes last."""
    report, finished = await _execute(Host("red", {"images-a": "program"}), *PLAN)

    assert report.ending == "done"
    assert finished == ["program", "images-a", "images-b", "wait", "init"]
    assert {one.id for one in report.steps} == set(finished)


async def test_nobody_waits_for_it_and_yet_the_host_ends_after_it() -> None:
    """Without a gate the host is done when its last import is."""
    report, finished = await _execute(
        Host("red", {"images-a": "last"}), _images("images-a"), _run("last")
    )

    assert (report.ending, finished) == ("done", ["last", "images-a"])


async def test_an_import_that_failed_is_the_cause_and_what_needs_it_is_not_done() -> None:
    """The report names the import, not the step that was blocked by it."""
    report, finished = await _execute(Host("red", {"images-a": "program"}, "images-a"), *PLAN)

    assert (report.ending, report.failed_step) == ("failed", "images-a")
    assert "no space left" in report.message
    assert finished == ["program"]


async def test_a_step_that_failed_ends_the_import_beside_it() -> None:
    """The host ends at once; the unit on it ends by itself, and the next run waits for it."""
    host = Host("red", {"images-a": "init"}, "program")
    report, finished = await _execute(host, *PLAN)

    assert (report.ending, report.failed_step, finished) == ("failed", "program", [])
    assert report.code == CommandFailed.code
