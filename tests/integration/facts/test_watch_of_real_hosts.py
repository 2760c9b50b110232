"""`kuberry status --watch` on real hosts: one goes away under it, and comes back by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from kuberry.actions.watch import watch
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.lab import LabState
from kuberry.model.pulse import Pace, WatchReport

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


class Seen(Exception):
    """All that was waited for has been seen."""


def test_a_host_that_reboots_is_lost_and_comes_back(
    lab: LabState, fresh_host: FreshHost, run_on: RunOn
) -> None:
    """Its neighbour is seen all the time; memory and load are told, sensors it has none."""
    host = fresh_host()
    reports: list[WatchReport] = []

    def show(report: WatchReport) -> None:
        reports.append(report)
        states = [one.hosts[1].state for one in reports]
        if states == ["reachable"]:
            run_on(host, "sudo systemctl reboot")
        if "lost" in states and states[-1] == "reachable":
            raise Seen

    async def go() -> None:
        options = ConnectOptions(connect_timeout_s=2, keepalive_interval_s=0.5)
        hosts = [lab.login("red"), host]
        async with asyncio.timeout(120):
            await watch(hosts, options, ignore, show, Pace(interval_s=0.5))

    with pytest.raises(Seen):
        asyncio.run(go())
    red, pulse = {one.hosts[0].state for one in reports}, reports[-1].hosts[1].pulse
    lost = next(one.hosts[1] for one in reports if one.hosts[1].state == "lost")

    assert red == {"reachable"}
    assert lost.problem
    assert lost.problem.message
    assert pulse
    assert pulse.memory
    assert pulse.memory.available_bytes
    assert pulse.health
    assert pulse.health.load_1min is not None
    assert pulse.health.throttling is None
