"""Locks on real hosts: one writer each, and a lock never outlives its holder."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from kuberry.api.lab import lab_power
from kuberry.engine.lock import locked
from kuberry.errors import HostBusy, KuberryError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent, Notice, ignore
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.model.operator import Operator
from kuberry.settings import Settings
from kuberry.shell import script
from kuberry.transports.pool import connect_all

pytestmark = pytest.mark.integration

ALICE = Operator(who="alice@desk", command="deploy", run="20260101-000000-aaaaaa")
BOB = Operator(who="bob@sofa", command="reset", run="20260101-000001-bbbbbb")

# Another operator: a process of its own, which can be killed. It says "held", and then each notice.
HOLDER = """
import asyncio, sys
from kuberry.engine import lock
from kuberry.model.connection import ConnectOptions
from kuberry.model.host import Host
from kuberry.model.operator import Operator
from kuberry.transports.pool import connect_all

lock.SILENCE_S, lock._BEAT_S = int(sys.argv[3]), 0.2

def say(event):
    print(getattr(event, "message", event.kind), flush=True)

async def main():
    host, alice = Host.model_validate_json(sys.argv[1]), Operator.model_validate_json(sys.argv[2])
    async with connect_all([host], ConnectOptions()) as connections:
        transports = {one.host.name: one for one in connections.transports}
        async with lock.locked(transports, alice, say) as (_, failures):
            print(failures or "held", flush=True)
            await asyncio.sleep(600)

asyncio.run(main())
"""
Holder = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def holder() -> Iterator[Holder]:
    """Give a function that has alice hold the lock of a host from a process of her own."""
    processes: list[subprocess.Popen[str]] = []

    def start(host: Host, *, silence_s: int = 30) -> subprocess.Popen[str]:
        words = (host.model_dump_json(), ALICE.model_dump_json(), str(silence_s))
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, *words], stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert _line(process) == "held"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip() if process.stdout else ""


async def _try(*hosts: Host) -> dict[str, KuberryError]:
    """Return why bob does not get the locks of *hosts*; he gives back what he gets."""
    async with connect_all(hosts, ConnectOptions()) as connections:
        transports = {one.host.name: one for one in connections.transports}
        async with locked(transports, BOB, ignore) as (_, failures):
            return failures


async def _until_free(host: Host) -> None:
    async with asyncio.timeout(60):
        while await _try(host):  # noqa: ASYNC110 -- the lock of another gives no event
            await asyncio.sleep(0.1)


async def _ask(host: Host, text: str) -> str:
    async with connect_all([host], ConnectOptions()) as connections:
        return (await connections.transports[0].run(script(text).as_root())).text


def _host(lab: LabState, name: str) -> Host:
    return lab.login(name)


async def test_a_second_operator_is_told_who_holds_the_host(lab: LabState, holder: Holder) -> None:
    """Who, where from, what and which run stand in the refusal."""
    red = _host(lab, "red")
    holder(red)
    (error,) = (await _try(red)).values()

    assert isinstance(error, HostBusy)
    assert error.host == "red"
    assert error.message.startswith("alice@desk is at work on it since ")
    assert error.message.endswith(f"from {lab.controller}: kuberry deploy, run {ALICE.run}")


async def test_all_locks_or_none(lab: LabState, holder: Holder) -> None:
    """Where one host is busy the lock of the other is not kept."""
    red, red01 = _host(lab, "red"), _host(lab, "red01")
    holder(red01)
    async with connect_all([red, red01], ConnectOptions()) as connections:
        transports = {one.host.name: one for one in connections.transports}
        async with locked(transports, BOB, ignore) as (_, failures):
            assert list(failures) == ["red01"]
            assert await _try(red) == {}


async def test_a_lock_is_given_back_at_the_end(lab: LabState) -> None:
    """After a normal end, and after an error inside, the host is free and holds no trace."""
    red = _host(lab, "red")
    assert await _try(red) == {}
    with pytest.raises(ZeroDivisionError):
        await _fail_inside(red)

    assert await _try(red) == {}
    assert await _ask(red, "ls -A /run/kuberry.lock; pgrep -x 'flock|head|timeout'") == ""


async def _fail_inside(host: Host) -> None:
    async with (
        connect_all([host], ConnectOptions()) as connections,
        locked({host.name: connections.transports[0]}, BOB, ignore),
    ):
        _ = 1 / 0


async def test_a_killed_holder_blocks_nobody(lab: LabState, holder: Holder) -> None:
    """SIGKILL of the controller closes its connection, and the lock ends with that."""
    red = _host(lab, "red")
    process = holder(red)
    assert await _try(red)
    process.kill()

    await _until_free(red)


async def test_a_silent_holder_loses_its_lock_and_stops(lab: LabState, holder: Holder) -> None:
    """One that gives no sign of life (asleep, cut off) blocks nobody, and may not go on later."""
    red = _host(lab, "red")
    process = holder(red, silence_s=1)
    process.send_signal(signal.SIGSTOP)
    await _until_free(red)
    process.send_signal(signal.SIGCONT)

    assert _line(process).startswith("its lock ended before its time")


def test_a_reboot_of_the_host_frees_it(
    fresh_host: Callable[..., Host], lab_settings: Settings, holder: Holder
) -> None:
    """What lies in the lock's file from before the boot blocks nobody."""
    host = fresh_host()
    holder(host)
    asyncio.run(lab_power(host.name, "reboot", settings=lab_settings))

    assert asyncio.run(_try(host)) == {}


async def test_a_dead_holders_file_is_no_lock(lab: LabState) -> None:
    """A file that was left behind, whatever it says, is taken over and then taken away."""
    red = _host(lab, "red")
    await _ask(red, "echo 1 >/run/kuberry.lock; echo eve >>/run/kuberry.lock")

    assert await _try(red) == {}
    assert await _ask(red, "ls -A /run/kuberry.lock") == ""


async def test_many_at_once_have_one_winner(lab: LabState) -> None:
    """Of operators that come at the same time one gets the lock, and the others are told."""
    red = _host(lab, "red")
    started, taken = asyncio.Event(), asyncio.Barrier(4)
    wins: list[bool] = []
    heard: list[AnyEvent] = []

    async def one() -> None:
        async with connect_all([red], ConnectOptions()) as connections:
            await started.wait()
            async with locked({"red": connections.transports[0]}, BOB, heard.append) as (_, failed):
                wins.append(not failed)
                await taken.wait()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(one())
        started.set()

    assert sorted(wins) == [False, False, False, True]
    assert not [event for event in heard if isinstance(event, Notice)]
