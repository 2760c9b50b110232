"""What a lock says, and what becomes of it, without a host."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from kuberry.engine.lock import Locks, locked
from kuberry.errors import CommandFailed, ConnectionLost, HostBusy, KuberryError
from kuberry.model.event import AnyEvent, Notice, ignore
from kuberry.model.operator import Operator
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.transport import DEFAULT_DEADLINE_S, CommandResult, OnOutput, Stdin

BOB = Operator(who="bob@sofa", command="reset", run="r2")
FLOCK = re.compile("flock")
OTHERS = "125\nalice@desk\n10.0.0.9\ndeploy\nr1\n"


class _Hasty(FakeTransport):
    """A host on which commands end without reading their input."""

    async def run(
        self,
        command: Command,
        *,
        stdin: Stdin = b"",
        deadline_s: float = DEFAULT_DEADLINE_S,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        """Give the reply for *command* at once."""
        del stdin
        return await super().run(command, deadline_s=deadline_s, on_output=on_output)


def _free(name: str = "red") -> FakeTransport:
    return FakeTransport(name).reply(FLOCK, stdout="held\n")


async def _failures(*hosts: FakeTransport) -> dict[str, KuberryError]:
    async with (
        asyncio.timeout(5),
        locked({one.host.name: one for one in hosts}, BOB, ignore) as (
            _,
            failures,
        ),
    ):
        return failures


async def test_the_operator_is_named_on_the_host() -> None:
    """Who, what and which run reach the host; signs of life follow until the end."""
    red = _free()

    assert await _failures(red) == {}
    assert "bob@sofa reset r2" in red.ran[0].command.text
    assert set(red.ran[0].stdin.decode()) <= {"k"}
    assert not red.is_closed


async def test_a_holder_is_named_with_all_that_is_known() -> None:
    """The age, counted by the host, becomes a time of this machine's clock."""
    red = _Hasty("red").reply(FLOCK, stdout=OTHERS, exit_status=75)
    (error,) = (await _failures(red)).values()

    assert isinstance(error, HostBusy)
    since = re.search(
        r"since (\d\d):(\d\d):(\d\d) UTC, from 10.0.0.9: kuberry deploy, run r1$", error.message
    )
    assert since is not None
    expected = datetime.now(UTC) - timedelta(seconds=125)
    told = expected.replace(hour=int(since[1]), minute=int(since[2]), second=int(since[3]))
    assert abs((told - expected).total_seconds()) % 86_390 < 10
    assert error.message.startswith("alice@desk is at work on it since ")


@pytest.mark.parametrize("said", ["", "garbage", "12\n"])
async def test_what_a_holder_says_need_not_make_sense(said: str) -> None:
    """Whatever stands in the file, the host is busy and the run is refused."""
    red = _Hasty("red").reply(FLOCK, stdout=said, exit_status=75)

    assert [type(one) for one in (await _failures(red)).values()] == [HostBusy]


async def test_with_one_busy_none_is_kept() -> None:
    """The locks that were had are given back before anything else happens."""
    red, blue = _free("red"), _Hasty("blue").reply(FLOCK, stdout=OTHERS, exit_status=75)
    async with asyncio.timeout(5), locked({"red": red, "blue": blue}, BOB, ignore) as (_, failures):
        assert list(failures) == ["blue"]
        assert len(red.ran) == 1  # its command has ended: the fake notes it then


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ({"exit_status": 1, "stderr": "flock: not found"}, CommandFailed),
        ({"exit_status": 0}, HostBusy),
    ],
)
async def test_a_lock_that_cannot_be_had_is_an_error(
    end: dict[str, object], expected: type[KuberryError]
) -> None:
    """A host without flock, or a process that ends before it held: never taken for a lock."""
    red = _Hasty("red").reply(FLOCK, **end)  # type: ignore[arg-type]

    assert [type(one) for one in (await _failures(red)).values()] == [expected]


async def test_a_lost_connection_is_said_as_such() -> None:
    """The transport's own error comes through."""
    red = _Hasty("red").fail(FLOCK, ConnectionLost("gone", host="red"))

    assert [type(one) for one in (await _failures(red)).values()] == [ConnectionLost]


async def test_who_loses_the_lock_loses_the_connection() -> None:
    """Nobody goes on without the lock: the connection is cut, and the user is told."""
    red = _Hasty("red").reply(FLOCK, stdout="held\n")
    told: list[AnyEvent] = []
    async with asyncio.timeout(5):
        async with locked({"red": red}, BOB, told.append) as (_, failures):
            while not red.is_closed:  # noqa: ASYNC110 -- the fake tells nobody
                await asyncio.sleep(0)

    assert failures == {}
    assert [one.host for one in told if isinstance(one, Notice)] == ["red"]


async def test_a_lock_that_is_not_held_can_be_given_back() -> None:
    """A host that was switched off before the end of the run is no trouble."""
    locks = Locks(BOB, ignore)

    assert not await locks.release("red")
    await locks.take(_free())
    assert await locks.release("red")
    await locks.release_all()
