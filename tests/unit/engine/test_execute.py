"""How a plan runs on several hosts: order, values, failures."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.engine.redact import redact
from kuberry.errors import ConnectionLost
from kuberry.model.event import AnyEvent, HostEnded, StepFailed
from kuberry.model.plan import Captured, File, Gate, HostPlan, Plan, Run, Step, WriteFiles
from kuberry.model.report import HostReport
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.transport import CommandResult

SECRET = "abcdef.0123456789abcdef"
UNIT = re.compile(r"systemd-run")
TAR = re.compile(r"tar -xf")


def _run(name: str, *, captures: tuple[str, ...] = (), stdin: str | None = None) -> Run:
    text = (Captured(captured=stdin),) if stdin else ()
    return Run(id=name, title=name, script=f": {name}", captures=captures, stdin=text)


async def _execute(
    plans: dict[str, tuple[Step, ...]], hosts: dict[str, FakeTransport]
) -> tuple[tuple[HostReport, ...], list[AnyEvent]]:
    events: list[AnyEvent] = []
    plan = Plan(
        title="test",
        hosts=tuple(HostPlan(host=name, steps=steps) for name, steps in plans.items()),
    )
    means = Means(
        transports=dict(hosts),
        reconnect={},
        fetch=lambda _artifact: Path("/nowhere"),
        emit=events.append,
    )
    async with asyncio.timeout(5):
        return await execute(plan, means), events


async def test_a_value_goes_from_one_host_to_another() -> None:
    """What one host captures, the other reads; the one that waits does not begin before."""
    red = FakeTransport("red").reply(UNIT, stdout=f"sha256:1\n{SECRET}\n")
    blue = FakeTransport("blue").reply(UNIT)
    reports, _ = await _execute(
        {
            "blue": (_run("join", stdin="token"),),
            "red": (_run("tokens", captures=("hash", "token")),),
        },
        {"red": red, "blue": blue},
    )

    assert [(one.host, one.ending) for one in reports] == [("blue", "done"), ("red", "done")]
    assert blue.ran[0].stdin.endswith(SECRET.encode())


async def test_a_failure_blocks_only_those_who_wait_for_it() -> None:
    """One fails, the one that needs its value is blocked, the third goes on to its end."""
    hosts = {
        "red": FakeTransport("red").reply(UNIT, exit_status=1, stderr="disk on fire\n"),
        "blue": FakeTransport("blue"),
        "green": FakeTransport("green").reply(UNIT),
    }
    reports, events = await _execute(
        {
            "red": (_run("init", captures=("token",)), _run("never")),
            "blue": (_run("join", stdin="token"),),
            "green": (_run("own"), Gate(id="g", title="g", value="token", tolerant=True)),
        },
        hosts,
    )

    assert {one.host: one.ending for one in reports} == {
        "red": "failed",
        "blue": "blocked",
        "green": "done",
    }
    assert (reports[0].failed_step, reports[0].message) == ("init", "init failed: disk on fire")
    assert "red" in reports[1].message
    assert len(hosts["red"].ran) == 1
    assert {one.host for one in events if isinstance(one, StepFailed)} == {"red", "blue"}
    assert {one.host for one in events if isinstance(one, HostEnded)} == set(hosts)


async def test_captured_values_are_in_no_report_and_no_event() -> None:
    """A value that a failing step prints is taken out of what people and files see."""
    red = (
        FakeTransport("red")
        .reply(re.compile("kuberry-step-tokens"), stdout=f"{SECRET}\n")
        .reply(re.compile("kuberry-step-join"), exit_status=1, stderr=f"bad token {SECRET}\n")
    )
    reports, events = await _execute(
        {"red": (_run("tokens", captures=("token",)), _run("join", stdin="token"))}, {"red": red}
    )

    assert reports[0].ending == "failed"
    assert SECRET not in "".join(one.model_dump_json() for one in (*reports, *events))
    assert "bad token [redacted]" in reports[0].message


async def test_a_step_that_prints_too_little_fails() -> None:
    """A missing line is an error at the step that should have printed it, not a hang elsewhere."""
    red = FakeTransport("red").reply(UNIT, stdout="only-one\n")
    reports, _ = await _execute({"red": (_run("tokens", captures=("a", "b")),)}, {"red": red})

    assert (reports[0].ending, reports[0].code) == ("failed", "command-failed")


async def test_a_host_without_steps_is_unchanged() -> None:
    """Nothing to do is an ending of its own."""
    reports, _ = await _execute({"red": ()}, {"red": FakeTransport("red")})

    assert reports[0].ending == "unchanged"


class _Slow(FakeTransport):
    """A host that answers nothing until it is let go."""

    def __init__(self, name: str, free: asyncio.Event) -> None:
        super().__init__(name)
        self._free = free

    async def run(self, command: Command, **words: Any) -> CommandResult:
        await self._free.wait()
        return await super().run(command, **words)


async def test_a_slow_host_delays_only_itself() -> None:
    """The others come to the end of all their steps while one still hangs in its first."""
    free, ended = asyncio.Event(), []

    def watch(event: AnyEvent) -> None:
        if isinstance(event, HostEnded):
            ended.append(event.host)
            if len(ended) == 2:
                free.set()

    hosts = {
        "red": FakeTransport("red").reply(UNIT),
        "slow": _Slow("slow", free).reply(UNIT),
        "blue": FakeTransport("blue").reply(UNIT),
    }
    steps = (_run("one"), _run("two"))
    plan = Plan(title="test", hosts=tuple(HostPlan(host=name, steps=steps) for name in hosts))
    means = Means(
        transports=dict(hosts),
        reconnect={},
        fetch=lambda _artifact: Path("/nowhere"),
        emit=watch,
    )
    async with asyncio.timeout(5):
        reports = await execute(plan, means)

    assert (set(ended[:2]), ended[2]) == ({"red", "blue"}, "slow")
    assert [one.ending for one in reports] == ["done"] * 3


async def test_a_host_lost_midway_stops_no_other() -> None:
    """Its connection ends in its second step; the others do all of theirs."""
    lost = FakeTransport("lost").reply(UNIT)
    lost.fail(re.compile("kuberry-step-two"), ConnectionLost("it is gone", host="lost"))
    hosts = {"red": FakeTransport("red").reply(UNIT), "lost": lost}
    reports, _ = await _execute({name: (_run("one"), _run("two")) for name in hosts}, hosts)

    assert [(one.host, one.ending, len(one.steps)) for one in reports] == [
        ("red", "done", 2),
        ("lost", "failed", 2),
    ]
    assert reports[1].code == "connection-lost"


async def test_a_value_that_no_step_captures_is_a_bug() -> None:
    """A plan that waits for what never comes is refused, not waited for."""
    gate = Gate(id="g", title="g", value="nonsense")
    with pytest.raises(ExceptionGroup) as caught:
        await _execute({"red": (gate,)}, {"red": FakeTransport("red")})
    assert caught.group_contains(KeyError)


async def test_files_travel_with_their_holes_filled() -> None:
    """A file's content holds the captured value, and nothing of it is in the command."""
    red = FakeTransport("red").reply(UNIT, stdout=f"{SECRET}\n").reply(TAR)
    file = File(path="/run/x", content=("token: ", Captured(captured="t")), mode=0o600)
    steps = (_run("tokens", captures=("t",)), WriteFiles(id="f", title="f", files=(file,)))
    reports, _ = await _execute({"red": steps}, {"red": red})

    assert reports[0].ending == "done"
    assert f"token: {SECRET}".encode() in red.ran[1].stdin
    assert SECRET not in red.ran[1].command.text


def test_redaction_takes_the_longest_first_and_leaves_words() -> None:
    """A secret inside a longer one leaves nothing behind; short values are no secrets."""
    text = redact("x abcdef-long y yes", ["abcdef", "abcdef-long", "yes"])

    assert text == "x [redacted] y yes"
