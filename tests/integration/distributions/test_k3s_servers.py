"""Several servers of k3s on real hosts, with the stand-in: etcd takes them in one at a time.

The stand-in's etcd has members, learners and a majority, and nothing else of etcd; see
tests/standins/k3s/store.py.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml
from tests.standins.k3s.pack import NEW

import k3s_bundles
from kuberry.api.deploy import Wanted, deploy
from kuberry.api.deploy import plan as plan_deploy
from kuberry.api.hosts import resolve
from kuberry.api.lab import lab_power, lab_up
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Event, StepStarted
from kuberry.model.report import RunReport
from kuberry.settings import Settings
from kuberry.shell import script
from kuberry.transports.pool import connect_all

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

HOSTS = "red,red[01-02]"
MEMBERS = "/var/lib/rancher/k3s/server/db/etcd/members.yaml"


async def _deploy(settings: Settings, bundle: str, emit: Emit) -> RunReport:
    wanted = Wanted(bundle=bundle, control_plane=HOSTS)
    return await deploy(HOSTS, wanted=wanted, verify="never", settings=settings, emit=emit)


async def _ask(settings: Settings, host: str, text: str) -> str:
    async with connect_all(resolve(host, settings), ConnectOptions()) as connections:
        result = await connections.transports[0].run(script(text).as_root(), deadline_s=30)
    return result.text


async def test_three_servers_come_one_is_lost_midway_and_heals(
    own_lab: Settings, tmp_path: Path
) -> None:
    """The same line again takes it in; then one leaves, no other may, and all goes back."""
    await lab_up(HOSTS, settings=own_lab)
    settings = own_lab.model_copy(update={"cache_dir": tmp_path / "cache"})
    bundle = k3s_bundles.stand_in_bundle(tmp_path / "from", NEW, settings)
    blows: list[asyncio.Task[object]] = []

    def cut(event: Event) -> None:
        if isinstance(event, StepStarted) and (event.host, event.step) == ("red01", "serve"):
            blows.append(asyncio.create_task(lab_power("red01", "poweroff", settings=settings)))

    lost = await _deploy(settings, bundle.name, cut)
    await asyncio.gather(*blows)
    ends = {one.host: one.ending for one in lost.hosts}
    assert blows, lost.model_dump_json(indent=2)
    assert (ends["red"], ends["red01"] != "done", ends["red02"] != "done") == ("done", True, True)

    await lab_power("red01", "poweron", settings=settings)
    events: list[Event] = []
    healed = await _deploy(settings, bundle.name, events.append)
    assert healed.outcome == "done", healed.model_dump_json(indent=2)
    assert healed.cluster.servers == ("red", "red01", "red02")
    again = await plan_deploy(HOSTS, settings=settings)
    assert again.plan is not None
    assert again.plan.is_empty, again.plan.model_dump_json(indent=2)
    for host in ("red", "red02"):
        members = yaml.safe_load(await _ask(settings, host, f"cat {MEMBERS}"))
        assert {name: one["learner"] for name, one in members.items()} == dict.fromkeys(
            ("red", "red01", "red02"), False
        )
        nodes = await _ask(settings, host, "k3s kubectl get --raw /nodes")
        assert nodes.split() == ["red", "red01", "red02"]
