"""The way back, and the end of the day, on real clusters of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kuberry.api.bundle import lab_bundle
from kuberry.api.deploy import Wanted, deploy
from kuberry.api.deploy import plan as plan_deploy
from kuberry.api.hosts import resolve
from kuberry.api.lab import lab_down, lab_power, lab_shell, lab_up
from kuberry.api.node import Leave, node_add, node_remove, plan_node_remove
from kuberry.api.reset import plan as plan_reset
from kuberry.api.reset import reset
from kuberry.api.stop import stop
from kuberry.api.verify import verify
from kuberry.clusters import Clusters
from kuberry.engine.files import record_key
from kuberry.errors import KuberryError, UsageError
from kuberry.kube.connect import connect
from kuberry.lab import machine, supervisor
from kuberry.lab.down import remove as remove_lab_hosts
from kuberry.lab.inventory import read_state
from kuberry.lab.names import Names
from kuberry.model.connection import ConnectOptions
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.model.report import RunReport
from kuberry.model.run import EventRecord
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all
from one_cluster import own_settings

pytestmark = pytest.mark.xdist_group("reset")

SOLO, PAIR = "solo", "gold,gold01"
SUBJECTS = 9
LINE = ("deploy", "--hosts", SOLO, "--verify", "never", "-o", "json")
READY_S = 300


@pytest.fixture(scope="session")
def lab(lab_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Give the settings of a lab for this file alone: its tests destroy what they find.

    It outlives the file's other tests, for the one that ends it comes after those of other files.
    """
    settings = own_settings(tmp_path_factory.mktemp("kuberry-reset"))
    asyncio.run(lab_bundle(settings=settings))
    try:
        asyncio.run(lab_up(f"{SOLO},{PAIR}", settings=settings))
        yield settings
    finally:
        asyncio.run(lab_down(settings=settings))


@pytest.fixture
def pair(lab: Settings) -> Settings:
    """Give a cluster of two; where a test before has left it whole this costs a look."""
    _deploy(lab, PAIR)
    return lab


def _deploy(settings: Settings, hosts: str) -> RunReport:
    report = asyncio.run(deploy(hosts, verify="never", settings=settings))
    assert report.outcome in {"done", "unchanged"}, report.model_dump_json(indent=2)
    return report


def _on(settings: Settings, host: str, text: str) -> str:
    """Run shell text on a host by OpenSSH, and return what it says."""
    words = (*lab_shell(host, settings=settings), "--", f"sudo sh -c '{text}'")
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout


def _kubectl(settings: Settings, host: str, *words: str) -> str:
    line = f"/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf {' '.join(words)}"
    return _on(settings, host, line)


def _assert_proven(report: RunReport, hosts: list[str]) -> None:
    """Every subject is as it was on every host, and nothing else has changed either."""
    assert report.outcome == "done", report.model_dump_json(indent=2)
    bad = [one for one in report.probes if one.outcome is not Outcome.OK]
    assert (bad, report.findings) == ([], ())
    assert sorted({str(one.where) for one in report.probes}) == hosts
    assert len(report.probes) == SUBJECTS * len(hosts)


def _begin(settings: Settings, step: str) -> subprocess.Popen[str]:
    """Type the line of the deploy of one host, and return when the host begins *step*."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kuberry", *LINE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ
        | {
            "KUBERRY_STATE_DIR": str(settings.state_dir),
            "KUBERRY_CONFIG_DIR": str(settings.config_dir),
            "KUBECONFIG": str(settings.kubeconfig),
        },
    )
    for line in process.stderr or ():
        event = EventRecord.model_validate_json(line).event if line.startswith("{") else None
        if event and event.kind == "step-started" and event.step == step:
            return process
    raise AssertionError(f"the deploy ended before {step}: {process.wait()}")


def test_one_operator_at_a_time_and_a_killed_one_leaves_no_trace(lab: Settings) -> None:
    """A second deploy is refused and told by whom; killed in dpkg, the first is undone wholly.

    A second reset finds nothing to do.
    """
    first = _begin(lab, "packages")
    with first:
        second = asyncio.run(deploy(SOLO, verify="never", settings=lab))
        dry_run = asyncio.run(plan_deploy(SOLO, settings=lab))
        first.send_signal(signal.SIGKILL)
        assert first.stderr is not None
        first.stderr.close()
    assert (second.outcome, [one.code for one in second.hosts]) == ("busy", ["busy"])
    assert "kuberry deploy, run 2" in second.hosts[0].message
    assert dry_run.outcome == "done"  # it needs no lock

    asyncio.run(_until_free(lab))
    _assert_proven(asyncio.run(reset(SOLO, settings=lab)), [SOLO])

    again = asyncio.run(reset(SOLO, settings=lab))
    assert (again.outcome, again.hosts[0].steps, again.probes) == ("unchanged", (), ())


async def _until_free(settings: Settings) -> None:
    """Wait until the dead holder's lock has gone, as the next operator would find it."""
    look = "exec 9>>/run/kuberry.lock; flock --wait 60 9"
    await asyncio.to_thread(_on, settings, SOLO, look)


def _steps(report: RunReport) -> dict[str, list[str]]:
    return {one.host: [step.id for step in one.steps] for one in report.hosts if one.steps}


def _nodes(settings: Settings) -> list[str]:
    return _kubectl(settings, "gold", "get", "nodes", "-o", "name").split()


def _open_nodes(settings: Settings) -> list[str]:
    """Return the names of the nodes that take pods."""
    nodes = json.loads(_kubectl(settings, "gold", "get", "nodes", "-o", "json"))["items"]
    return [one["metadata"]["name"] for one in nodes if not one["spec"].get("unschedulable")]


def test_a_worker_leaves_and_comes_back(pair: Settings) -> None:
    """Pods that must not go keep their node, and are named; then it leaves, and is added again.

    The others forget it, and are touched by a route and a name alone when it comes back. What
    somebody else has changed meanwhile is told apart from what is left of us.
    """
    _kubectl(pair, "gold", "create", "deployment", "web", "--image=localhost/kuberry/probe:1")
    budget = ("poddisruptionbudget", "web", "--selector=app=web", "--min-available=1")
    _kubectl(pair, "gold", "create", *budget)
    _on(pair, "gold01", "echo mine >/etc/mine; touch /var/lib/kubelet/left")
    with pytest.raises(UsageError, match="gold is the control plane"):
        asyncio.run(node_remove("gold", settings=pair))
    kept = asyncio.run(node_remove("gold01", leave=Leave(drain_s=5), settings=pair))

    ends = {one.host: one for one in kept.hosts}
    assert (kept.outcome, ends["gold01"].ending) == ("failed", "blocked")
    assert "default/web-" in ends["gold"].message
    assert "PodDisruptionBudget default/web" in ends["gold"].message
    assert _open_nodes(pair) == ["gold", "gold01"]

    _kubectl(pair, "gold", "delete", "poddisruptionbudget,deployment", "web")
    report = asyncio.run(node_remove("gold01", settings=pair))
    assert report.outcome == "done", report.model_dump_json(indent=2)
    assert {one.where for one in report.probes} == {"gold01"}
    assert [(one.host, one.proof) for one in report.findings] == [
        ("gold01", "file /etc/mine is new")
    ]
    assert _nodes(pair) == ["node/gold"]
    assert " gold01\n" not in _on(pair, "gold", "sed -n /BEGIN.kuberry/,/END/p /etc/hosts")
    assert "10.244.1.0" not in _on(pair, "gold", "ip route; cat /usr/local/lib/kuberry/routes")
    assert Clusters(pair.clusters_dir).load("gold-gold01").hosts == ("gold",)

    half = "mkdir -p /etc/kubernetes/pki; echo left >/etc/kubernetes/pki/ca.crt"  # of a join
    _on(pair, "gold01", f"rm /etc/mine; {half}")
    report = asyncio.run(node_add("gold01", verify="never", settings=pair))
    assert report.outcome == "done", report.model_dump_json(indent=2)
    assert _steps(report)["gold"] == ["files", "tokens", "routes", "joined-gold01", "revoke"]
    assert _nodes(pair) == ["node/gold", "node/gold01"]


def test_a_machine_flashed_anew_takes_its_old_place(pair: Settings) -> None:
    """Dead, it is named, and can be left for later; back with its old name it is a new node.

    What an interrupted stop has closed is opened, what its user has closed is not; what a run has
    written and not put into effect is put into effect.
    """
    _kubectl(pair, "gold", "label", "node", "gold01", "machine=old")
    _kubectl(pair, "gold", "annotate", "node", "gold01", "kuberry.internal/off=yes")
    _kubectl(pair, "gold", "cordon", "gold", "gold01")
    record = f"/var/lib/kuberry/files/{record_key('/etc/containerd/config.toml')}"
    _on(pair, "gold01", f"touch {record}")
    healed = _deploy(pair, PAIR)
    assert _steps(healed) == {"gold": ["open"], "gold01": ["containerd"]}
    assert _open_nodes(pair) == ["gold01"]
    _kubectl(pair, "gold", "uncordon", "gold")

    asyncio.run(remove_lab_hosts(pair.lab_dir, ("gold01",)))
    dead = asyncio.run(deploy(settings=pair))
    assert (dead.outcome, [one.host for one in dead.hosts]) == ("unreachable", ["gold01"])
    assert "--skip-unreachable" in dead.hosts[0].remedy
    rest = asyncio.run(deploy(wanted=Wanted(skip_unreachable=True), settings=pair))
    assert (rest.outcome, _steps(rest)) == ("partly-done", {})

    asyncio.run(lab_up("gold01", settings=pair))
    report = asyncio.run(node_add("gold01", verify="never", settings=pair))
    assert report.outcome == "done", report.model_dump_json(indent=2)
    assert "forget-old" in _steps(report)["gold"]
    assert _kubectl(pair, "gold", "get", "nodes", "-l", "machine=old", "-o", "name") == ""
    assert _nodes(pair) == ["node/gold", "node/gold01"]
    assert _deploy(pair, PAIR).outcome == "unchanged"


@pytest.mark.last
def test_power_alone_brings_it_back_and_a_reset_ends_it(pair: Settings) -> None:
    """After `stop`, and after a power cut of all hosts at once, nobody has to do anything.

    In the end a dead worker is forced out, and the control plane is brought back to what it was.
    """
    report = asyncio.run(stop(settings=pair, cluster="gold-gold01", drain_s=30))
    assert [(one.host, one.ending) for one in report.hosts] == [
        ("gold", "done"),
        ("gold01", "done"),
    ]
    ends = {one.host: one.steps[-1] for one in report.hosts}
    assert ends["gold01"].ended_s <= ends["gold"].started_s
    asyncio.run(_come_to_rest(pair))
    asyncio.run(_power_on_and_wait(pair))
    assert _open_nodes(pair) == ["gold", "gold01"]

    asyncio.run(_cut_power(pair))
    asyncio.run(_power_on_and_wait(pair))
    assert asyncio.run(_proven_in_time(pair)) == []

    asyncio.run(lab_power("gold01", "poweroff", settings=pair))
    report = asyncio.run(node_remove("gold01", leave=Leave(force=True), settings=pair))
    assert report.outcome == "partly-done", report.model_dump_json(indent=2)
    assert {one.code for one in report.hosts if not one.ok} == {"left-behind"}
    assert _nodes(pair) == ["node/gold"]

    _kubectl(pair, "gold", "create", "configmap", "mine")
    preview = asyncio.run(plan_reset(settings=pair))
    assert (preview.forgets, [one.host for one in preview.leaving]) == (True, ["gold"])
    assert "containerd" in preview.leaving[0].packages
    assert "/usr/local/bin/kubelet" in preview.leaving[0].files
    _assert_proven(asyncio.run(reset(settings=pair)), ["gold"])
    assert Clusters(pair.clusters_dir).names() == ()


async def _proven_in_time(settings: Settings) -> list[ProbeResult]:
    """Return what is not as promised once all is, or the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_S
    while True:
        results = await verify("gold-gold01", settings=settings)
        bad = [one for one in results if one.outcome is Outcome.FAIL]
        if not bad or loop.time() > deadline:
            return bad


async def _come_to_rest(settings: Settings) -> None:
    """Wait until both are really off: they close their connections before that."""
    for name in PAIR.split(","):
        await lab_power(name, "poweroff", settings=settings)


async def _cut_power(settings: Settings) -> None:
    """Take the power from all hosts of the pair at once, without a warning."""
    lab = read_state(settings.lab_dir)
    assert lab is not None
    names = PAIR.split(",")
    await asyncio.gather(*(machine.end(lab.lab_id, name) for name in names))
    for name in names:
        state = Names(lab.lab_id).host_dir(name) / supervisor.STATE
        await asyncio.to_thread(state.write_text, supervisor.OFF)


async def _power_on_and_wait(settings: Settings) -> None:
    """Switch both on, and wait until each has given a new sign of life and is Ready.

    A line that needs the API server, typed at once, waits for it as well.
    """
    for name in PAIR.split(","):
        await lab_power(name, "poweron", settings=settings)
    preview = await plan_node_remove("gold01", settings=settings)
    assert preview.failures == ()
    (host,) = resolve("gold", settings)
    async with (
        asyncio.timeout(READY_S),
        connect_all([host], ConnectOptions()) as connections,
        connect(connections.transports[0]) as kube,
    ):
        began = None
        while True:
            try:
                began = began or await kube.now()
                alive = {one.node for one in await kube.leases() if one.renewed > began}
                ready = {one.name for one in await kube.nodes() if one.ready}
            except KuberryError:
                alive = ready = set()
            if alive & ready == {"gold", "gold01"}:
                return
            await asyncio.sleep(1)
