"""Hosts are asked what they are; one that cannot be asked is said before a download begins."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

import fit
from kuberry.actions import architectures
from kuberry.actions.architectures import architectures_of
from kuberry.errors import NameNotResolved, PreflightFailed, TransportError, Unreachable
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.facts import Architecture
from kuberry.model.host import Host
from kuberry.model.status import HostStatus
from kuberry.transports.fake import FakeTransport
from kuberry.transports.pool import Connection, Connections

PC = Architecture(machine="x86_64", userland="amd64", long_bit=64)
ARM = Architecture(machine="aarch64", userland="arm64", long_bit=64)
UNKNOWN: dict[str, TransportError] = {
    "nosuch": NameNotResolved("the name 'nosuch' has no address", host="nosuch", remedy="spell it"),
    "dead": Unreachable("nothing answers", host="dead", remedy="switch it on"),
}


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for a network that holds every host but `UNKNOWN`; red01 is of another kind."""

    @contextlib.asynccontextmanager
    async def connect_all(hosts: Sequence[Host], *_: Any) -> AsyncIterator[Connections]:
        async def login(host: Host) -> FakeTransport:
            return FakeTransport(host)

        found = [Connection(one, UNKNOWN.get(one.name) or await login(one)) for one in hosts]
        yield Connections(tuple(found), login)

    async def look(connections: Sequence[Connection], **_: Any) -> tuple[HostStatus, ...]:
        return tuple(_row(one) for one in connections)

    monkeypatch.setattr(architectures, "connect_all", connect_all)
    monkeypatch.setattr(architectures, "look", look)


def _row(connection: Connection) -> HostStatus:
    name = connection.host.name
    if isinstance(connection.result, TransportError):
        return HostStatus(host=name, state="unreachable", facts=None, problem=None)
    kind = {"red01": ARM, "mute": None}.get(name, PC)
    facts = fit.host(name, architecture=kind).facts
    return HostStatus(host=name, state="reachable", facts=facts, problem=None)


async def _ask(*names: str, skips: bool = False) -> tuple[str, ...]:
    hosts = [Host(name=name) for name in names]
    return await architectures_of(hosts, ConnectOptions(), ignore, skips=skips)


async def test_every_kind_of_host_counts_once() -> None:
    """Debian's words, sorted; a host that does not tell is no reason to stop."""
    assert await _ask("red", "red01", "red02") == ("amd64", "arm64")
    assert await _ask("red", "mute") == ("amd64",)


async def test_one_wrong_name_among_good_hosts_is_said_as_such() -> None:
    """Or upstream would be asked on behalf of a line that is wrong, and be blamed."""
    with pytest.raises(NameNotResolved, match="'nosuch' has no address") as caught:
        await _ask("red", "red01", "nosuch")

    assert (caught.value.host, caught.value.remedy) == ("nosuch", "spell it")


async def test_all_that_cannot_be_reached_are_named() -> None:
    """The error is the first one's; the others are in its words."""
    with pytest.raises(NameNotResolved) as caught:
        await _ask("nosuch", "red", "dead")

    assert caught.value.message == "the name 'nosuch' has no address; dead: nothing answers"


async def test_dead_hosts_can_be_left_out_as_long_as_one_lives() -> None:
    """What is left says what is to be downloaded."""
    assert await _ask("red01", "dead", skips=True) == ("arm64",)
    with pytest.raises(Unreachable):
        await _ask("dead", skips=True)


async def test_hosts_that_do_not_tell_are_no_guess() -> None:
    """Nobody knows what to download for them, and the way out is said."""
    with pytest.raises(PreflightFailed, match="architecture") as caught:
        await _ask("mute")

    assert "--architecture" in caught.value.remedy
