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
from kuberry.api.node import node_remove
from kuberry.errors import UsageError
from kuberry.facts.flush import measure
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Event, StepStarted, ignore
from kuberry.model.facts import Flush
from kuberry.model.finding import Outcome
from kuberry.model.report import RunReport
from kuberry.settings import Settings
from kuberry.shell import script
from kuberry.transports.pool import connect_all

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

HOSTS = "red,red[01-02]"
NAMES = ["red", "red01", "red02"]
MEMBERS = "/var/lib/rancher/k3s/server/db/etcd/members.yaml"


async def _deploy(settings: Settings, bundle: str, emit: Emit = ignore) -> RunReport:
    wanted = Wanted(bundle=bundle, control_plane=HOSTS)
    return await deploy(HOSTS, wanted=wanted, verify="never", settings=settings, emit=emit)


async def _ask(settings: Settings, host: str, text: str) -> str:
    async with connect_all(resolve(host, settings), ConnectOptions(), ignore) as connections:
        result = await connections.transports[0].run(script(text).as_root(), deadline_s=30)
    return result.text


async def test_three_servers_one_lost_midway_and_one_out(own_lab: Settings, tmp_path: Path) -> None:
    """The same line again takes in who was lost; one may leave, and is as it was; two may not."""
    await lab_up(HOSTS, settings=own_lab)
    settings = own_lab.model_copy(update={"cache_dir": tmp_path / "cache"})
    bundle = k3s_bundles.stand_in_bundle(tmp_path / "from", NEW, settings).name
    await _assert_disk_is_measured(settings)
    await _lose_one(settings, bundle)
    healed = await _deploy(settings, bundle)

    assert healed.outcome == "done", healed.model_dump_json(indent=2)
    assert healed.cluster.servers == tuple(NAMES)
    await _assert_members(settings, NAMES)
    again = await plan_deploy(HOSTS, settings=settings)
    assert again.plan is not None
    assert again.plan.is_empty, again.plan.model_dump_json(indent=2)

    with pytest.raises(UsageError, match="only red would be left"):
        await node_remove("red[01-02]", settings=settings)
    out = await node_remove("red02", settings=settings)
    assert out.outcome == "done", out.model_dump_json(indent=2)
    assert {one.outcome for one in out.probes} == {Outcome.OK}
    await _assert_members(settings, NAMES[:2])


async def _assert_disk_is_measured(settings: Settings) -> None:
    """Only that a figure comes out, and that nothing is left of it."""
    async with connect_all(resolve("red", settings), ConnectOptions(), ignore) as connections:
        flush = await measure(connections.transports[0], writes=20)
    assert isinstance(flush, Flush), flush
    assert flush.p99_ms > 0
    assert "kuberry" not in await _ask(settings, "red", "ls -A /var/lib")


async def _lose_one(settings: Settings, bundle: str) -> None:
    """Switch red01 off while it joins, and on again; who comes after it waits for nothing."""
    blows: list[asyncio.Task[object]] = []

    def cut(event: Event) -> None:
        if isinstance(event, StepStarted) and (event.host, event.step) == ("red01", "serve"):
            blows.append(asyncio.create_task(lab_power("red01", "poweroff", settings=settings)))

    lost = await _deploy(settings, bundle, cut)
    assert len(await asyncio.gather(*blows)) == 1, lost.model_dump_json(indent=2)
    ends = {one.host: one.ending for one in lost.hosts}
    assert (ends["red"], ends["red02"]) == ("done", "blocked")
    assert ends["red01"] not in {"done", "unchanged"}
    await lab_power("red01", "poweron", settings=settings)


async def _assert_members(settings: Settings, names: list[str]) -> None:
    """Every server knows all of them, all vote, and what one was told the others know."""
    for host in names:
        members = yaml.safe_load(await _ask(settings, host, f"cat {MEMBERS}"))
        assert {name: one["learner"] for name, one in members.items()} == dict.fromkeys(
            names, False
        )
        nodes = await _ask(settings, host, "k3s kubectl get --raw /nodes")
        assert nodes.split() == names
