"""The public fake: it answers what it was told to, and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kuberry.errors import CommandFailed, ConnectionLost
from kuberry.shell import command, script
from kuberry.transports.fake import FakeTransport, Ran, UnexpectedCommand
from kuberry.transports.transport import Transport


def test_it_is_a_transport() -> None:
    """A function that takes a transport takes the fake (checked by mypy, too)."""
    transport: Transport = FakeTransport("red")
    assert transport.host.name == "red"


async def test_a_command_gets_its_reply() -> None:
    """By text, by pattern or by command; the latest that fits; output is streamed."""
    fake = (
        FakeTransport()
        .reply(re.compile("^uname"), stdout="first")
        .reply("uname -m", stdout="aarch64\n")
        .reply(command("id", "-u"), stderr=b"\xff", exit_status=7)
    )
    pieces: list[bytes] = []
    assert (await fake.run(command("uname", "-m"), on_output=pieces.append)).text == "aarch64\n"
    assert (await fake.run(command("uname", "-r"))).text == "first"
    done = await fake.run(command("id", "-u"), on_output=pieces.append)
    assert (done.exit_status, pieces) == (7, [b"aarch64\n", b"\xff"])


async def test_a_command_without_a_reply_fails_loudly() -> None:
    """An AssertionError, which no handler of kuberry's errors takes for a failure of the host."""
    fake = FakeTransport("red").reply("uname -m")
    with pytest.raises(
        UnexpectedCommand, match=r"red: no reply for\s+'reboot'\s+there is\s+'uname -m'"
    ):
        await fake.run(command("reboot"))
    assert issubclass(UnexpectedCommand, AssertionError)


async def test_a_command_may_fail_as_a_connection_does() -> None:
    """An error that was given is raised."""
    fake = FakeTransport().fail("true", ConnectionLost("gone"))
    with pytest.raises(ConnectionLost, match="gone"):
        await fake.run(command("true"))


async def test_it_remembers_what_was_run() -> None:
    """With the input, and whether it was to run as root."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    fake = FakeTransport().reply(re.compile(""))
    await fake.run(command("one").as_root(), stdin=pieces())
    await fake.run(script("two"), stdin=b"c")
    assert fake.ran == [Ran(command("one").as_root(), b"ab"), Ran(script("two"), b"c")]


async def test_files_are_kept_in_memory(tmp_path: Path) -> None:
    """What was put can be got; what is missing, or root's alone, is refused as by a host."""
    fake = FakeTransport(files={"/etc/hostname": b"red\n"})
    (tmp_path / "source").write_bytes(b"12345")
    moved: list[int] = []
    await fake.put(tmp_path / "source", "/a", on_progress=moved.append)
    await fake.put(b"secret", "/b", mode=0o600, root=True)
    assert (await fake.get("/etc/hostname"), await fake.get("/a"), moved) == (
        b"red\n",
        b"12345",
        [5],
    )
    assert await fake.get("/b", root=True) == b"secret"
    with pytest.raises(CommandFailed, match="/b could not be read: Permission denied"):
        await fake.get("/b")
    with pytest.raises(CommandFailed, match="/c could not be read: No such file"):
        await fake.get("/c")


async def test_a_forward_was_given_or_fails() -> None:
    """The fake opens no ports of its own."""
    fake = FakeTransport(forwards={("127.0.0.1", 6443): 1234})
    async with fake.forward("127.0.0.1", 6443) as port:
        assert port == 1234
    with pytest.raises(UnexpectedCommand, match=r"no forward for 10.0.0.1:1"):
        await fake.forward("10.0.0.1", 1).__aenter__()
    await fake.aclose()
    assert fake.is_closed
