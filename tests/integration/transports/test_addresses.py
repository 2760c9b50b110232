"""From a name to somebody who speaks SSH, and everything that can be in the way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest
from tests.integration.transports.conftest import OPTIONS
from tests.integration.transports.logging_in import changed, keygen, unknown

from kuberry.errors import HostKeyChanged, NameNotResolved, Unreachable
from kuberry.model.event import Notice
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.shell import command
from kuberry.transports.addresses import Address, Resolve
from kuberry.transports.login import Connector, connect

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


async def test_a_name_that_nobody_knows(red: Host) -> None:
    """An unknown name is named, with what to do about it."""

    async def resolve(name: str, _port: int, _family: int) -> Sequence[Address]:
        asked.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    asked: list[str] = []
    connector = Connector(OPTIONS, resolve=resolve)
    with pytest.raises(
        NameNotResolved, match=r"'ghost' \(or 'ghost.local'\) has no address"
    ) as raised:
        await connector.connect(Host(name="ghost"))
    await connector.aclose()
    assert (raised.value.host, bool(raised.value.remedy)) == ("ghost", True)
    assert asked == ["ghost", "ghost.local"]


def _only_nearby(red: Host) -> Resolve:
    """Return a resolver that knows red.local and nothing else."""

    async def resolve(name: str, port: int, _family: int) -> Sequence[Address]:
        if name != "red.local":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, (red.address, port))]

    return resolve


async def test_a_name_without_an_address_may_be_near(red: Host, known_hosts: Path) -> None:
    """A bare name that does not resolve is tried as NAME.local, and that is said."""
    said: list[object] = []
    connector = Connector(OPTIONS, said.append, resolve=_only_nearby(red))
    host = changed(unknown(red, known_hosts), address=None)
    async with aclosing(await connector.connect(host)) as transport:
        assert (await transport.run(command("uname", "-n"))).text == "red\n"
    await connector.aclose()
    assert Notice(host="red", message="red has no address, red.local is taken") in said
    assert known_hosts.read_text().startswith("red.local ssh-ed25519 ")
    assert any(
        isinstance(one, Notice) and "under red.local, not red" in one.message for one in said
    )


async def test_what_is_near_must_show_the_known_key(
    red: Host, known_hosts: Path, tmp_path: Path
) -> None:
    """Anyone can answer to NAME.local: a known key of NAME is asked for, before any password."""
    keygen("-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
    known_hosts.parent.mkdir()
    wrong = f"red {(tmp_path / 'other.pub').read_text()}"
    known_hosts.write_text(wrong)
    host = changed(unknown(red, known_hosts), address=None)
    connector = Connector(OPTIONS, resolve=_only_nearby(red))
    with pytest.raises(HostKeyChanged, match="in place of red shows the key"):
        await connector.connect(host)
    assert known_hosts.read_text() == wrong
    assert red.known_hosts_file
    right = red.known_hosts_file.read_text().replace(str(red.address), "red")
    known_hosts.write_text(right)
    async with aclosing(await connector.connect(host)) as transport:
        assert (await transport.run(command("uname", "-n"))).text == "red\n"
    await connector.aclose()
    assert known_hosts.read_text() == right


async def test_a_silent_address_does_not_hold_up_the_next(
    red: Host, lab: LabState, known_hosts: Path
) -> None:
    """Of several addresses the first that answers is taken."""

    async def resolve(_name: str, port: int, _family: int) -> Sequence[Address]:
        targets = (str(lab.unused_address), red.address)
        return [(socket.AF_INET, (one, port)) for one in targets]

    connector = Connector(OPTIONS, resolve=resolve)
    host = changed(unknown(red, known_hosts), address=None)
    async with aclosing(await connector.connect(host)) as transport:
        assert (await transport.run(command("uname", "-n"))).text == "red\n"
    await connector.aclose()


async def test_a_port_that_is_closed(red: Host) -> None:
    """A refusal is told from silence."""
    with pytest.raises(Unreachable, match="port 23 refuses connections") as raised:
        await connect(changed(red, port=23), OPTIONS)
    assert (raised.value.host, bool(raised.value.remedy)) == ("red", True)


async def test_an_address_where_nobody_is(lab: LabState, red: Host) -> None:
    """Silence ends at the connect deadline, or earlier where the network knows."""
    options = OPTIONS.model_copy(update={"connect_timeout_s": 0.5})
    silent = changed(red, name="silent", address=str(lab.unused_address))
    with pytest.raises(Unreachable, match=f"{lab.unused_address} port 22") as raised:
        await connect(silent, options)
    assert (raised.value.host, bool(raised.value.remedy)) == ("silent", True)


async def test_what_answers_may_not_be_ssh(red: Host) -> None:
    """A server of another kind, and one that says nothing, are told apart."""
    options = OPTIONS.model_copy(update={"connect_timeout_s": 0.5})
    noise = b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2000
    for greeting, said in ((noise, "does not speak SSH"), (b"", "waiting for the SSH server of")):
        ended = asyncio.Event()
        serve = partial(_greet, greeting, ended)
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Unreachable, match=said):
                await connect(changed(red, address="127.0.0.1", port=port), options)
            await ended.wait()


async def _greet(
    greeting: bytes,
    ended: asyncio.Event,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    writer.write(greeting)
    await reader.read()
    writer.close()
    ended.set()
