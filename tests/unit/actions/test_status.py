"""Hosts are looked at side by side; what befalls one is a row, and its own affair."""

from __future__ import annotations

import asyncio
import dataclasses
import re

import pytest

from kuberry.actions.status import look
from kuberry.errors import ConnectionLost, KuberryError, TransportError, Unreachable
from kuberry.model.host import Host
from kuberry.shell import Command
from kuberry.transports.pool import Connection
from kuberry.transports.transport import CommandResult


@dataclasses.dataclass
class Crowd:
    """Counts how many hosts are being asked at this moment."""

    now: int = 0
    most: int = 0


@dataclasses.dataclass
class Answering:
    """A host that answers with its name, or fails as told after it was asked."""

    host: Host
    error: Exception | None = None
    crowd: Crowd = dataclasses.field(default_factory=Crowd)

    async def run(self, command: Command, **_: object) -> CommandResult:
        """Answer after others had their turn."""
        self.crowd.now += not command.root
        self.crowd.most = max(self.crowd.most, self.crowd.now)
        for _turn in range(5):
            await asyncio.sleep(0)
        self.crowd.now -= not command.root
        if self.error:
            raise self.error
        nonce = re.findall("[0-9a-f]{32}", command.text)[0]
        body = f"hostname:{self.host.name}\nboot:b\n\n{nonce} 0"
        return CommandResult(0, f"\n{nonce} identity {len(body)}\n{body}".encode(), b"")


def connection(
    name: str,
    *,
    refused: TransportError | None = None,
    error: Exception | None = None,
    crowd: Crowd | None = None,
) -> Connection:
    """Make a connection, or one that did not come about."""
    host = Host(name=name)
    transport = Answering(host, error, crowd or Crowd())
    return Connection(host, refused or transport)  # type: ignore[arg-type]


async def test_the_rows_are_in_the_users_order() -> None:
    """Whoever answers first."""
    rows = await look([connection(name) for name in ("c", "a", "b")], concurrency=2)

    assert [row.host for row in rows] == ["c", "a", "b"]
    assert [row.facts and row.facts.identity and row.facts.identity.hostname for row in rows] == [
        "c",
        "a",
        "b",
    ]


async def test_a_host_out_of_reach_is_a_row_with_the_reason() -> None:
    """Code, sentence and what to do: nothing else, above all no figures."""
    gone = Unreachable("nothing answered", host="b", remedy="switch it on")
    here, row = await look([connection("a"), connection("b", refused=gone)], concurrency=9)

    assert (here.state, row.state, row.facts) == ("reachable", "unreachable", None)
    assert row.problem
    assert (row.problem.code, row.problem.message, row.problem.remedy) == (
        "unreachable",
        "nothing answered",
        "switch it on",
    )


async def test_a_host_that_dies_midway_does_not_take_the_others_with_it() -> None:
    """Its row says so, theirs are whole."""
    lost = ConnectionLost("the connection ended", host="b")
    rows = await look(
        [connection("a"), connection("b", error=lost), connection("c")], concurrency=9
    )

    assert [row.state for row in rows] == ["reachable", "unreachable", "reachable"]
    assert [row.problem and row.problem.code for row in rows] == [None, "connection-lost", None]


async def test_no_more_hosts_at_once_than_allowed() -> None:
    """Five hosts, two at a time."""
    crowd = Crowd()
    await look([connection(str(n), crowd=crowd) for n in range(5)], concurrency=2)

    assert crowd.most == 2


async def test_our_own_mistakes_are_not_blamed_on_the_host() -> None:
    """What is no fault of the way to the host is raised."""
    with pytest.raises(ExceptionGroup) as caught:
        await look([connection("a", error=ZeroDivisionError())], concurrency=1)

    assert caught.group_contains(ZeroDivisionError)
    assert not caught.group_contains(KuberryError)
