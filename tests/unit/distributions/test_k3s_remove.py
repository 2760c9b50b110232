"""What takes hosts out of a cluster of k3s, and what switches one off: the plans."""

from __future__ import annotations

import subprocess

import pytest

import made_up as make
from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import is_ours, remove, stop
from kuberry.distributions.seen import Seen
from kuberry.model.difference import Difference, Subject
from kuberry.model.facts import Unit
from kuberry.model.installed import HostRecord, Installed, SeenNode
from kuberry.model.plan import Clear, HostPlan, Plan, Run, WriteFiles
from planned import ids_of

NAMES = ("red", "red01", "red02")
CLUSTER = make.k3s_cluster(*NAMES)
LEAVE = ["idle-units", "containers", "network", "files", "places", "settings", "units"]


def _there(number: int) -> Installed:
    unit = at.AGENT_UNIT if number else at.SERVER_UNIT
    return make.installed(
        record=HostRecord(cluster="shelf"),
        units={unit: Unit(name=unit, active="active", enabled="enabled")},
        nodes=None if number else tuple(SeenNode(name=name, ready=True) for name in NAMES),
        is_ours=True,
        is_recorded=True,
    )


def _hosts() -> dict[str, Seen]:
    return {
        name: make.seen(name, f"10.0.0.{number + 1}", there=_there(number))
        for number, name in enumerate(NAMES)
    }


def _plans(plan: Plan) -> dict[str, HostPlan]:
    return {one.host: one for one in plan.hosts}


def test_a_whole_cluster_goes_side_by_side() -> None:
    """Nobody waits for anybody, nothing is drained."""
    plans = _plans(remove(CLUSTER, _hosts(), NAMES))
    assert [ids_of(plan) for plan in plans.values()] == [LEAVE] * 3


def test_one_host_leaves_once_its_pods_have() -> None:
    """The server forgets its node and the password of its node; the others forget its name."""
    plans = _plans(remove(CLUSTER, _hosts(), ["red02"]))
    forget = plans["red"].steps[0]
    files = plans["red01"].steps[0]

    assert [ids_of(plan) for plan in plans.values()] == [
        ["forget-red02", "files"], ["files"], ["left", *LEAVE],
    ]  # fmt: skip
    assert isinstance(forget, Run)
    assert "k3s kubectl" in forget.script
    assert "node-password.k3s" in forget.script
    assert isinstance(files, WriteFiles)
    assert "red02" not in str(files.files[0].content)


def test_a_server_that_is_silent_is_not_asked() -> None:
    """A host can leave although nobody forgets it."""
    hosts = _hosts()
    silent = hosts["red"].installed.model_copy(update={"nodes": None})
    hosts["red"] = make.seen("red", "10.0.0.1", there=silent)
    plans = _plans(remove(CLUSTER, hosts, ["red02"]))

    assert [ids_of(plan) for plan in plans.values()] == [["files"], ["files"], LEAVE]


def test_everything_of_k3s_is_cleared() -> None:
    """Also what its own uninstaller leaves: the node's password in /etc/rancher/node."""
    steps = _plans(remove(CLUSTER, _hosts(), NAMES))["red"].steps
    clear = next(one for one in steps if isinstance(one, Clear))
    assert {"/etc/rancher", "/var/lib/rancher", "/var/lib/kubelet"} <= set(clear.paths)


@pytest.mark.parametrize(
    ("subject", "name", "ours"),
    [
        ("file", "/etc/rancher/node/password", True),
        ("file", "/usr/local/bin/kubectl", True),
        ("file", "/usr/local/bin/mine", False),
        ("link", "flannel.1", True),
        ("link", "cni0", True),
        ("link", "tun0", False),
        ("route", "10.42.1.0/24 via 10.42.1.0 dev flannel.1", True),
        ("mount", "/run/k3s/containerd/x", True),
    ],
)
def test_what_is_ours_is_told_from_what_is_not(subject: Subject, name: str, *, ours: bool) -> None:
    """A user's own change since is no failure of ours, and what k3s left is no user's change."""
    difference = Difference(subject=subject, name=name, before=None, after="there")
    assert is_ours(CLUSTER, difference, _hosts()["red"]) is ours


def test_the_server_goes_off_last() -> None:
    """It drains with k3s' own kubectl, and its unit is stopped before it takes nodes back."""
    plans = _plans(stop(CLUSTER, _hosts(), drain_s=30))
    scripts = {one.id: one for one in plans["red"].steps if isinstance(one, Run)}

    assert ids_of(plans["red"]) == ["drain", "off-red01", "off-red02", "unmark", "off"]
    assert [ids_of(plans[name]) for name in NAMES[1:]] == [["drained", "off"]] * 2
    assert "k3s kubectl" in scripts["drain"].script
    assert scripts["unmark"].arguments == ("k3s.service",)


def test_every_script_is_sound_shell() -> None:
    """None is found to be broken only on a host."""
    plans = (
        remove(CLUSTER, _hosts(), NAMES),
        remove(CLUSTER, _hosts(), ["red01"]),
        stop(CLUSTER, _hosts(), drain_s=9),
    )
    for step in (step for plan in plans for host in plan.hosts for step in host.steps):
        if isinstance(step, Run):
            done = subprocess.run(
                ["sh", "-n"], input=step.script, capture_output=True, text=True, check=False
            )
            assert (step.id, done.returncode, done.stderr) == (step.id, 0, "")
