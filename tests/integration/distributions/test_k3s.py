"""k3s on real hosts: the stand-in of two generations, and a real one where there is one.

The stand-in (tests/standins/k3s) runs no Kubernetes; it ends where the contract of k3s is broken,
and leaves behind what k3s leaves behind. So these tests prove files, order, tokens, units and the
way back, not that pods run.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.standins.k3s.pack import NEW, OLD

import k3s_bundles
from kuberry.api.deploy import Wanted, deploy
from kuberry.api.deploy import plan as plan_deploy
from kuberry.api.lab import lab_shell, lab_up
from kuberry.api.reset import reset
from kuberry.bundles.store import Store
from kuberry.model.event import Event
from kuberry.model.finding import Outcome
from kuberry.model.report import RunReport
from kuberry.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

HOSTS = "red,red[01-02]"
NAMES = ("red", "red01", "red02")
Shell = Callable[..., str]


@pytest.fixture
def three(own_lab: Settings, tmp_path: Path) -> Settings:
    """Give three hosts of this test's own, and a cache of bundles of its own."""
    asyncio.run(lab_up(HOSTS, settings=own_lab))
    return own_lab.model_copy(update={"cache_dir": tmp_path / "cache"})


@pytest.fixture
def shell(own_lab: Settings) -> Shell:
    """Give a function that runs shell text as root on a host, past our own transport."""

    def run(host: str, text: str, stdin: str = "") -> str:
        words = (*lab_shell(host, settings=own_lab), "--", f"sudo sh -c '{text}'")
        done = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    return run


def _deploy(settings: Settings, bundle: str, events: list[Event] | None = None) -> RunReport:
    emit = events.append if events is not None else lambda _event: None
    wanted = Wanted(bundle=bundle)
    return asyncio.run(deploy(HOSTS, wanted=wanted, verify="never", settings=settings, emit=emit))


def _assert_unchanged(settings: Settings) -> None:
    report = asyncio.run(plan_deploy(HOSTS, settings=settings))
    assert report.plan is not None, report.findings
    assert [(one.host, [step.id for step in one.steps]) for one in report.plan.hosts] == [
        (name, []) for name in NAMES
    ]


@pytest.mark.parametrize("version", [pytest.param(OLD, marks=pytest.mark.campaign), NEW])
def test_a_cluster_of_k3s_comes_and_goes(
    three: Settings, tmp_path: Path, shell: Shell, version: str
) -> None:
    """It comes, is left alone by the same line, keeps its secrets, loses and takes a host, goes."""
    bundle = k3s_bundles.stand_in_bundle(tmp_path / "from", version, three)
    events: list[Event] = []
    report = _deploy(three, bundle.name, events)

    assert report.outcome == "done", report.model_dump_json(indent=2)
    _assert_unchanged(three)
    _assert_secrets_stay(three, shell, report, events)

    left = asyncio.run(reset("red02", cluster=report.cluster.name, settings=three))
    assert left.outcome == "done", left.model_dump_json(indent=2)
    listed = shell("red", "k3s kubectl get node red02 || true; ls /var/lib/rancher/k3s/server")
    assert "red02" not in listed
    again = asyncio.run(
        deploy(HOSTS, wanted=Wanted(bundle=bundle.name), verify="never", settings=three)
    )
    assert again.outcome == "done", again.model_dump_json(indent=2)
    _assert_unchanged(three)

    gone = asyncio.run(reset(HOSTS, settings=three))
    assert gone.outcome == "done", gone.model_dump_json(indent=2)
    assert {one.outcome for one in gone.probes} == {Outcome.OK}
    for name in NAMES:
        assert shell(name, "ls -d /etc/rancher /var/lib/rancher /run/k3s 2>/dev/null || true") == ""
        assert shell(name, "pgrep -f [c]ontainerd-shim || true") == ""


def _assert_secrets_stay(
    settings: Settings, shell: Shell, report: RunReport, events: list[Event]
) -> None:
    """No token is anywhere but in k3s' own files, which are their owner's alone."""
    server = shell("red", "cat /etc/rancher/k3s/token")
    agent = shell("red01", "cat /etc/rancher/k3s/agent-token").strip()
    password = agent.rpartition(":")[2]
    said = report.model_dump_json() + "".join(one.model_dump_json() for one in events)
    files = [path for path in settings.state_dir.rglob("*") if path.is_file()]
    ours = (path for path in files if settings.lab_dir not in path.parents)
    kept = b"".join(path.read_bytes() for path in ours).decode(errors="replace")

    assert agent.startswith("K10")
    assert "::node:" in agent
    assert len(server) == 64
    assert [word in said + kept for word in (server, password)] == [False, False]
    modes = shell("red", "stat -c %a /etc/rancher/k3s/*").split()
    assert set(modes) == {"600"}
    assert shell("red01", "stat -c %a /etc/rancher/k3s/agent-token").strip() == "600"
    for name in NAMES:
        # By standard input: sudo writes into the journal what it is called with.
        places = "/var/lib/kuberry /run/kuberry /var/log"
        assert shell(name, f"grep -rlF -f - {places} || true", password) == ""


def test_a_server_that_cannot_start_says_why(three: Settings, tmp_path: Path) -> None:
    """Its journal is in the report; agents are told that they wait for nothing."""
    bundle = k3s_bundles.stand_in_bundle(tmp_path / "from", NEW, three)
    report = _deploy(three, _with_a_lie(three, bundle.name))
    by_host = {one.host: one for one in report.hosts}

    assert report.outcome != "done"
    assert "ends again and again" in str(by_host["red"].model_dump())
    assert "is not packed as its name says" in str(by_host["red"].model_dump())
    assert by_host["red01"].ending != "done"


def _with_a_lie(settings: Settings, name: str) -> str:
    """Publish a bundle whose manifest says that an archive is packed in another way."""
    store = Store(settings.bundles_dir)
    bundle = store.load(name)
    artifacts = tuple(
        one.model_copy(update={"packing": "tar.gz"}) if one.kind == "image-archive" else one
        for one in bundle.artifacts
    )
    with store.writing() as writer:
        writer.publish(bundle.model_copy(update={"name": f"{name}-lie", "artifacts": artifacts}))
    return f"{name}-lie"


def test_a_real_bundle(three: Settings) -> None:
    """The same, and the cluster proves itself: where real bundles have been brought."""
    bundles = k3s_bundles.real_bundles(three)
    if not bundles:
        pytest.skip(f"no real bundle: {k3s_bundles.REAL} names no directory with one")
    for bundle in bundles:
        report = asyncio.run(deploy(HOSTS, wanted=Wanted(bundle=bundle.name), settings=three))
        assert report.outcome == "done", report.model_dump_json(indent=2)
        assert {one.outcome for one in report.probes} <= {Outcome.OK, Outcome.ABSENT}
        _assert_unchanged(three)
        left = asyncio.run(reset("red02", cluster=report.cluster.name, settings=three))
        assert left.outcome == "done", left.model_dump_json(indent=2)
        again = asyncio.run(deploy(HOSTS, wanted=Wanted(bundle=bundle.name), settings=three))
        assert again.outcome == "done", again.model_dump_json(indent=2)
        gone = asyncio.run(reset(HOSTS, settings=three))
        assert gone.outcome == "done", gone.model_dump_json(indent=2)
