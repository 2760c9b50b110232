"""Heat and power as a Raspberry Pi's firmware tells them, on real hosts.

Lab hosts have no such firmware: a stand-in for ``vcgencmd`` answers ``get_throttled`` as documented
(https://www.raspberrypi.com/documentation/computers/os.html#get_throttled) from a file.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from kuberry import check, status
from kuberry.actions.heat import Ready, Thermostat, with_heat
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent, Notice
from kuberry.model.heat import HostFelt
from kuberry.model.host import Host
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

STAND_IN = """
printf '#!/bin/sh\\n[ "$1" = get_throttled ] && cat /run/throttled\\n' |
    sudo tee /usr/local/bin/vcgencmd >/dev/null
sudo chmod 755 /usr/local/bin/vcgencmd
"""


def say(run_on: RunOn, host: Host, raw: int) -> None:
    """Have the firmware of *host* say *raw* from now on."""
    done = run_on(host, f"echo throttled=0x{raw:x} | sudo tee /run/throttled")
    assert done.returncode == 0, done.stderr


def test_what_the_firmware_says_is_seen_and_found(
    fresh_host: FreshHost, run_on: RunOn, lab_settings: Settings
) -> None:
    """Now and since boot, in status and by the codes of the checks."""
    host = fresh_host()
    run_on(host, STAND_IN)
    say(run_on, host, 0x50005)
    seen = asyncio.run(status(host.name, settings=lab_settings)).hosts[0].facts
    say(run_on, host, 0x10000)
    later = asyncio.run(check(host.name, settings=lab_settings))

    assert seen
    assert seen.health
    assert seen.health.throttling
    assert seen.health.throttling.now == ("under-voltage", "throttled")
    codes = {one.code for one in later.findings if one.host == host.name}
    assert {"KB601", "KB602", "KB603"} & codes == {"KB603"}


def test_a_step_waits_until_its_host_has_cooled_down(fresh_host: FreshHost, run_on: RunOn) -> None:
    """The probe goes over the connection that is there, and the host goes on as it is cool."""
    host, events = fresh_host(), list[AnyEvent]()
    run_on(host, STAND_IN)
    say(run_on, host, 0x4)
    order: list[str] = []

    async def deploy() -> None:
        async with connect_all((host,), ConnectOptions()) as connections:
            transports = {one.host.name: one for one in connections.transports}
            await with_heat(transports, Thermostat("pause", 0.3), events.append, work)

    async def work(ready: Ready) -> None:
        async with asyncio.timeout(60):
            while not any(isinstance(one, HostFelt) and one.hot for one in events):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            async with asyncio.TaskGroup() as group:
                group.create_task(step(ready))
                await asyncio.sleep(1)
                order.append("cooled")
                await asyncio.to_thread(say, run_on, host, 0x40000)

    async def step(ready: Ready) -> None:
        await ready(host.name)
        order.append("step")

    asyncio.run(deploy())

    assert order == ["cooled", "step"]
    assert [one.hot for one in events if isinstance(one, HostFelt)] == [True, False]
    assert [one.host for one in events if isinstance(one, Notice)] == [host.name, host.name]
