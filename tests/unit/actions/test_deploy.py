"""When a deploy has the cluster prove itself, and when it remembers what it was told to do."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import made_up as make
from kuberry.actions import deploy as action
from kuberry.api import deploy as api
from kuberry.api.deploy import Verify
from kuberry.clusters import Clusters
from kuberry.engine.lock import Locks
from kuberry.errors import PreflightFailed
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent, Notice, ignore
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.model.operator import Operator
from kuberry.model.plan import HostPlan, Plan, Run
from kuberry.model.preparation import Prepared
from kuberry.model.report import HostReport, RunReport, StepReport
from kuberry.settings import Settings
from kuberry.transports.fake import FakeTransport
from kuberry.transports.pool import Connections

OPERATOR = Operator(who="me", command="deploy", run="1")
PROOF = ProbeResult(id="network.pods", outcome=Outcome.OK, title="pods reach pods", detail="")
STEP = StepReport(
    id="files", title="write", plan="install", started_s=0, ended_s=1, bytes_sent=0, ok=True
)
UNCHANGED = HostReport(host="red", ending="unchanged")
CHANGED = HostReport(host="red", ending="done", steps=(STEP,))
BROKEN = HostReport(host="red", ending="failed", steps=(STEP,))
WORK = action.Work(
    cluster=make.cluster("red"),
    hosts=(),
    bundle=make.bundle(),
    fetch=lambda _: Path("/nowhere"),
    options=ConnectOptions(),
    emit=ignore,
    access=None,
    prove=None,
    operator=OPERATOR,
)


@contextlib.asynccontextmanager
async def _ready(
    _work: action.Work, *, lock: bool, refused: bool = False, fit: bool = True
) -> AsyncIterator[Any]:
    """Stand ready before a plan, on one host; without one where preflight has *refused*."""
    assert lock
    red = FakeTransport("red")

    async def login(_host: object) -> FakeTransport:
        return red

    plan = None if refused else Plan(title="install", hosts=(HostPlan(host="red"),))
    steps = () if fit else (Run(id="boot", title="make it fit", script="true"),)
    hosts = (HostPlan(host="red", steps=steps),)
    prepared = Prepared(plan=Plan(title="prepare", hosts=hosts))
    locks = Locks(OPERATOR, ignore)
    yield action._Ready(Connections((), login), {"red": red}, {}, {}, (), (), plan, locks, prepared)


@pytest.mark.parametrize(
    ("verify", "host", "asked", "said"),
    [
        ("changed", UNCHANGED, 0, ["nodes.ready"]),
        ("changed", CHANGED, 1, ["network.pods"]),
        ("always", UNCHANGED, 1, ["network.pods"]),
        ("always", CHANGED, 1, ["network.pods"]),
        ("never", UNCHANGED, 0, ["nodes.ready"]),
        ("never", CHANGED, 0, []),
        ("always", BROKEN, 0, []),
    ],
)
async def test_a_cluster_is_asked_when_it_is_to_be(
    verify: Verify,
    host: HostReport,
    asked: int,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An unchanged one makes no probe pods unless told to: that its nodes are Ready was seen."""
    proven: list[object] = []

    async def execute(*_: object) -> tuple[HostReport, ...]:
        return (host,)

    async def prove(*words: object) -> tuple[ProbeResult, ...]:
        proven.append(words)
        return (PROOF,)

    async def give_access(*_: object) -> str:
        return ""

    monkeypatch.setattr(action, "_ready", _ready)
    monkeypatch.setattr(action, "_execute", execute)
    monkeypatch.setattr(api, "_prove", prove)
    monkeypatch.setattr(api, "access", lambda *_: give_access)
    settings = Settings(state_dir=tmp_path, config_dir=tmp_path)
    report: RunReport = await api.carry_out(WORK, "deploy", verify, settings)

    assert len(proven) == asked
    assert [one.id for one in report.probes] == said


async def _break(monkeypatch: pytest.MonkeyPatch, settings: Settings, *, refused: bool) -> None:
    """Begin a first deploy, and have the machine die when the first step begins."""

    async def execute(*_: object) -> tuple[HostReport, ...]:
        assert Clusters(settings.clusters_dir).find("shelf") == WORK.cluster
        raise asyncio.CancelledError

    monkeypatch.setattr(action, "_ready", functools.partial(_ready, refused=refused, fit=False))
    monkeypatch.setattr(action, "_execute", execute)
    await api.carry_out(WORK, "deploy", "never", settings)


async def test_an_accepted_wish_is_remembered_before_the_first_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the run ends, the next plain line goes on with what was begun, and nothing else."""
    settings = Settings(state_dir=tmp_path, config_dir=tmp_path)
    with pytest.raises(asyncio.CancelledError):
        await _break(monkeypatch, settings, refused=False)

    assert Clusters(settings.clusters_dir).load(None) == WORK.cluster


async def test_the_rule_for_the_control_plane_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything else, so that who meant another host can stop it."""
    said: list[AnyEvent] = []
    monkeypatch.setattr(action, "_ready", functools.partial(_ready, refused=True))
    work = dataclasses.replace(WORK, emit=said.append)
    await api.carry_out(work, "deploy", "never", Settings(state_dir=tmp_path, config_dir=tmp_path))

    assert said[1] == Notice(message="control plane red: the first host")


async def test_a_refused_wish_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was begun: the next line may wish for something else."""
    settings = Settings(state_dir=tmp_path, config_dir=tmp_path)
    await _break(monkeypatch, settings, refused=True)

    assert Clusters(settings.clusters_dir).names() == ()


async def test_a_wish_that_cannot_be_remembered_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full or broken disk here is found before the hosts are touched."""
    settings = Settings(state_dir=tmp_path, config_dir=tmp_path)
    settings.clusters_dir.write_text("in the way")
    with pytest.raises(PreflightFailed, match="cannot be remembered"):
        await _break(monkeypatch, settings, refused=False)


async def test_a_dry_run_takes_no_lock_and_remembers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may be typed beside a run that is at work, and binds nobody."""
    remembered: list[Cluster] = []

    @contextlib.asynccontextmanager
    async def ready(work: action.Work, *, lock: bool) -> AsyncIterator[Any]:
        assert not lock
        async with _ready(work, lock=True) as one:
            yield one

    monkeypatch.setattr(action, "_ready", ready)
    report = await action.plan(dataclasses.replace(WORK, remember=remembered.append))

    assert (report.outcome, remembered) == ("unchanged", [])
