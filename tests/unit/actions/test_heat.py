"""Heat is said as it changes; with ``pause`` no step begins on a hot host, and it goes on below."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from kuberry.actions.heat import Ready, Thermostat, with_heat
from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.errors import CommandTimeout, ConnectionLost, KuberryError
from kuberry.model.event import AnyEvent, Notice, StepFinished, StepStarted
from kuberry.model.heat import HostFelt
from kuberry.model.plan import HostPlan, Plan, Run
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.transport import CommandResult

QUICK = 0.005


class Pi(FakeTransport):
    """A host whose firmware tells the next of *heats* at each look, the last again and again.

    ``None`` has no sensor; an error is raised.
    """

    def __init__(self, host: str, *heats: str | KuberryError | None) -> None:
        super().__init__(host)
        self.heats = list(heats)
        self.looks = 0
        self._waiting: list[tuple[int, asyncio.Event]] = []

    async def looked(self, times: int) -> None:
        """Wait until it was looked at so often, and what was seen is known."""
        enough = asyncio.Event()
        self._waiting.append((times, enough))
        async with asyncio.timeout(10):
            await enough.wait()
        await asyncio.sleep(QUICK)

    async def run(self, command: Command, **others: Any) -> CommandResult:
        """Answer the probe of health."""
        nonce = re.search("[0-9a-f]{32}", command.text)
        if nonce is None or "get_throttled" not in command.text:
            return await super().run(command, **others)
        self.looks += 1
        for times, enough in self._waiting:
            if self.looks >= times:
                enough.set()
        heat = self.heats.pop(0) if len(self.heats) > 1 else self.heats[0]
        if isinstance(heat, KuberryError):
            raise heat
        body = f"{heat or ''}\nload:0.1 0 0 1/1 1\n\n{nonce[0]} 0"
        return CommandResult(0, f"\n{nonce[0]} health {len(body)}\n{body}".encode(), b"")


def at(celsius: float, raw: int = 0) -> str:
    """Return what the probe says of a Pi that is so warm."""
    return f"zone:cpu-thermal {int(celsius * 1000)}\nsysfs:{raw:x}"


async def felt(
    *heats: str | KuberryError | None, policy: Any = "warn", looks: int
) -> tuple[Pi, list[AnyEvent]]:
    """Return what is said of a host while work goes on until it has been looked at enough."""
    pi, events = Pi("red", *heats), list[AnyEvent]()

    async def work(_ready: Ready) -> None:
        await pi.looked(looks)

    await with_heat({"red": pi}, Thermostat(policy, QUICK), events.append, work)
    return pi, events


async def test_only_changes_are_said() -> None:
    """A degree is a change, a tenth is none; complaints come with it."""
    heats = (at(61.2), at(61.4), at(62.0), at(62.0, 0x1))
    _, events = await felt(*heats, looks=8)

    assert events == [
        HostFelt(host="red", temperature_c=61),
        HostFelt(host="red", temperature_c=62),
        HostFelt(host="red", temperature_c=62, complaints=("under-voltage",)),
    ]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("warn", ["it is hot (81 °C): it slows itself down", "it has cooled down (79 °C)"]),
        (
            "pause",
            [
                "it is hot (81 °C): no new step begins until it has cooled down",
                "it has cooled down (79 °C)",
            ],
        ),
        ("ignore", []),
    ],
)
async def test_hot_and_cool_again_are_said_once(policy: str, words: list[str]) -> None:
    """82 °C is no second notice."""
    heats = (at(60), at(81), at(82), at(79))
    _, events = await felt(*heats, policy=policy, looks=6)

    assert [one.message for one in events if isinstance(one, Notice)] == words
    assert [one.hot for one in events if isinstance(one, HostFelt)] == [False, True, True, False]


async def test_a_host_without_sensors_is_asked_once() -> None:
    """There is nothing to read, and nothing is said."""
    pi, events = Pi("red", None), list[AnyEvent]()

    async def work(ready: Ready) -> None:
        await asyncio.sleep(20 * QUICK)
        await ready("red")

    await with_heat({"red": pi}, Thermostat("pause", QUICK), events.append, work)

    assert (pi.looks, events) == (1, [])


async def test_a_host_that_reboots_is_asked_again() -> None:
    """A lost connection is the step's affair; afterwards heat is told as before."""
    gone = ConnectionLost("gone", host="red")
    _, events = await felt(gone, gone, at(50), looks=4)

    assert events == [HostFelt(host="red", temperature_c=50)]


def _run(number: int) -> Run:
    return Run(id=f"step{number}", title=f"step {number}", script="true", deadline_s=5)


async def test_no_step_begins_on_a_hot_host_and_others_go_on() -> None:
    """Red waits before its second step until it has cooled down; red01 does not wait for it."""
    hot: dict[str, str] = {"red": at(50), "red01": at(50)}
    events: list[AnyEvent] = []

    class Live(Pi):
        async def run(self, command: Command, **others: Any) -> CommandResult:
            self.heats = [hot[self.host.name]]
            return await super().run(command, **others)

    ok = re.compile("")
    transports: dict[str, Any] = {name: Live(name, at(50)).reply(ok) for name in hot}
    steps = tuple(_run(number) for number in (1, 2, 3))
    plan = Plan(title="install", hosts=tuple(HostPlan(host=one, steps=steps) for one in hot))

    def emit(event: AnyEvent) -> None:
        events.append(event)
        if isinstance(event, HostFelt) and event.host == "red" and event.hot:
            cooled.set()

    cooled = asyncio.Event()

    async def work(ready: Ready) -> Any:
        async def before(host: str) -> None:
            begun = [
                one.step for one in events if isinstance(one, StepStarted) and one.host == host
            ]
            if host == "red" and begun[-1] == "step2" and not cooled.is_set():
                hot["red"] = at(85)
                await cooled.wait()
                asyncio.get_running_loop().call_later(10 * QUICK, hot.update, {"red": at(60)})
            await ready(host)

        means = Means(transports, {}, _no_file, emit, ready=before)
        async with asyncio.timeout(10):
            return await execute(plan, means)

    reports = await with_heat(transports, Thermostat("pause", QUICK), emit, work)
    said = [
        (one.host, one.step) if isinstance(one, StepFinished) else (one.host, one.hot)
        for one in events
        if isinstance(one, StepFinished | HostFelt)
    ]

    assert [one.ending for one in reports] == ["done", "done"]
    assert said.index(("red", "step1")) < said.index(("red", True))
    cool_again = len(said) - 1 - said[::-1].index(("red", False))
    assert said.index(("red", True)) < cool_again < said.index(("red", "step2"))
    assert said.index(("red01", "step3")) < cool_again


def _no_file(artifact: Any) -> Any:
    raise AssertionError(artifact)


async def test_patience_ends_with_a_word_what_to_do() -> None:
    """A host that never cools down fails its step instead of holding up the run for ever."""
    pi = Pi("red", at(90))

    async def work(ready: Ready) -> None:
        await pi.looked(1)
        await ready("red")

    with pytest.raises(CommandTimeout, match="did not cool down") as caught:
        await with_heat({"red": pi}, Thermostat("pause", QUICK, 0.02), lambda _: None, work)
    assert "--hot warn" in caught.value.remedy


async def test_warn_never_holds_anything_up() -> None:
    """The word is all."""
    pi = Pi("red", at(90))

    async def work(ready: Ready) -> str:
        await pi.looked(1)
        await ready("red")
        return "done"

    assert await with_heat({"red": pi}, Thermostat("warn", QUICK), lambda _: None, work) == "done"
