"""`kuberry status --watch` on real hosts: one goes away under it, and comes back by itself."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from kuberry.actions.watch import watch
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.lab import LabState
from kuberry.model.pulse import Pace, WatchReport
from kuberry.settings import Settings

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
        if states.count("reachable") == 1 and states[-1] == "reachable":
            order = "sudo systemd-run --quiet --on-active=1 systemctl reboot"
            asyncio.get_running_loop().run_in_executor(None, run_on, host, order)
        if "lost" in states and states[-1] == "reachable":
            raise Seen

    async def go() -> None:
        options = ConnectOptions(connect_timeout_s=5, keepalive_interval_s=1)
        hosts = [lab.login("red"), host]
        async with asyncio.timeout(120):
            await watch(hosts, options, ignore, show, Pace(interval_s=0.5))

    with pytest.raises(Seen):
        asyncio.run(go())
    red, pulse = [one.hosts[0].state for one in reports], reports[-1].hosts[1].pulse
    lost = next(one.hosts[1] for one in reports if one.hosts[1].state == "lost")

    assert set(red[: red.index("reachable")]) <= {"connecting"}
    assert set(red[red.index("reachable") :]) == {"reachable"}
    assert lost.problem
    assert lost.problem.message
    assert pulse
    assert pulse.memory
    assert pulse.memory.available_bytes
    assert pulse.health
    assert pulse.health.load_1min is not None
    assert pulse.health.throttling is None


def test_ctrl_c_ends_it_cleanly(lab: LabState, lab_settings: Settings) -> None:
    """JSON lines until then, exit code 0 after it, and no word of a traceback."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(lab_settings.state_dir.parent),
        "KUBERRY_CONFIG_DIR": str(lab_settings.config_dir),
        "KUBERRY_STATE_DIR": str(lab_settings.state_dir),
        "PYTHONPATH": ":".join(sys.path),
    }
    words = ("status", "--hosts", "red,red01", "--watch", "--interval", "0.5", "-o", "json")
    with subprocess.Popen(
        [sys.executable, "-m", "kuberry", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout
        reports = [WatchReport.model_validate_json(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 0, errors
    assert [one.seq for one in reports] == [1, 2]
    assert [row.host for row in reports[1].hosts] == ["red", "red01"]
    assert errors == ""
