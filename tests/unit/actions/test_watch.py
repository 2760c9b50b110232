"""Hosts are watched over kept connections; a lost one is said, and comes back by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from kuberry.actions import watch as action
from kuberry.actions.watch import watch
from kuberry.api.watch import watch as api
from kuberry.errors import ConnectionLost, KuberryError, UsageError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.host import Host
from kuberry.model.pulse import Pace, WatchReport
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.pool import Connections
from kuberry.transports.transport import CommandResult

HEALTH = "zone:cpu-thermal 61000\nsysfs:50005\nkhz:1500000\nload:0.42 0.1 0.1 1/2 3\n"
MEMORY = "MemTotal:8000000 kB\nMemAvailable:6000000 kB\n"


class Pi(FakeTransport):
    """A host that answers the probes of a pulse, as often as it is told to, and then is gone."""

    def __init__(self, host: str, answers: int = 10**6) -> None:
        super().__init__(host)
        self.answers = answers
        self.asked = 0

    async def run(self, command: Command, **_: Any) -> CommandResult:
        """Answer all probes of one round trip."""
        self.asked += 1
        if self.asked > self.answers:
            raise ConnectionLost("the connection ended", host=self.host.name)
        nonce = re.search("[0-9a-f]{32}", command.text)
        assert nonce
        parts = {"health": HEALTH, "memory": MEMORY, "cards": ""}
        bodies = {name: f"{text}\n{nonce[0]} 0" for name, text in parts.items()}
        text = "".join(f"\n{nonce[0]} {name} {len(one)}\n{one}" for name, one in bodies.items())
        return CommandResult(0, text.encode(), b"")


Logins = dict[str, list[Pi | KuberryError]]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Callable[[Logins], list[str]]:
    """Return a function that has logins end so, one after the other, the last again and again."""

    def give(logins: Logins) -> list[str]:
        made: list[str] = []

        async def login(host: Host) -> Pi:
            made.append(host.name)
            waiting = logins[host.name]
            result = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if isinstance(result, KuberryError):
                raise result
            return result

        class Pool:
            def __init__(self, *_: object) -> None:
                return

            async def __aenter__(self) -> Connections:
                return Connections((), login)

            async def __aexit__(self, *_: object) -> None:
                return

        monkeypatch.setattr(action, "connect_all", Pool)
        return made

    return give


async def watched(*names: str, reports: int) -> list[WatchReport]:
    """Return so many reports of the hosts, as quick as they come."""
    found: list[WatchReport] = []
    hosts = [Host(name=name) for name in names]
    pace = Pace(interval_s=0.02, reports=reports)
    await watch(hosts, ConnectOptions(), ignore, found.append, pace)
    return found


async def test_one_login_and_one_round_trip_for_each_look(
    pool: Callable[[Logins], list[str]],
) -> None:
    """The connection is kept; reports count and keep the user's order."""
    red, red01 = Pi("red"), Pi("red01")
    made = pool({"red": [red], "red01": [red01]})
    found = await watched("red01", "red", reports=8)

    assert sorted(made) == ["red", "red01"]
    assert [one.seq for one in found] == list(range(1, 9))
    assert {tuple(row.host for row in one.hosts) for one in found} == {("red01", "red")}
    assert red.asked > 1
    pulse = found[-1].hosts[0].pulse
    assert pulse
    assert pulse.health
    assert pulse.health.temperature_c == 61.0
    assert pulse.health.throttling
    assert pulse.health.throttling.now == ("under-voltage", "throttled")
    assert pulse.memory
    assert pulse.memory.available_bytes == 6_000_000 * 1024
    assert (pulse.cards, pulse.link) == ((), None)


async def test_a_lost_host_is_a_row_with_the_reason_and_comes_back(
    pool: Callable[[Logins], list[str]],
) -> None:
    """Its connection is closed and made anew; its neighbour is seen all the time."""
    first, second = Pi("red", answers=2), Pi("red")
    gone = ConnectionLost("no route", host="red", remedy="look at its cable")
    made = pool({"red": [first, gone, second], "red01": [Pi("red01")]})
    found = await watched("red", "red01", reports=30)
    states = [one.hosts[0].state for one in found]

    assert {"reachable", "lost"} == set(states)
    assert (states[0], states[-1]) == ("reachable", "reachable")
    assert {one.hosts[1].state for one in found} == {"reachable"}
    assert first.is_closed
    assert made.count("red") == 3
    lost = next(one.hosts[0] for one in found if one.hosts[0].state == "lost")
    assert lost.pulse is None
    assert lost.problem
    assert lost.problem.code == "connection-lost"


async def test_an_unusable_configuration_ends_it_with_its_own_words(
    pool: Callable[[Logins], list[str]],
) -> None:
    """It is no host's fault, and comes out as the error it is."""
    pool({"red": [UsageError("the SSH configuration is wrong")]})

    with pytest.raises(UsageError, match="SSH configuration"):
        await watched("red", reports=1)


async def test_too_often_is_refused() -> None:
    """Looking must not be what makes a host hot."""
    with pytest.raises(UsageError, match="too often"):
        await api("red", lambda _: None, pace=Pace(interval_s=0.1))
