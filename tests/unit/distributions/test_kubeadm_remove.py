"""What takes hosts out of a cluster, and what switches one off: the plans."""

from __future__ import annotations

import re
import subprocess

import pytest

import made_up as make
from kuberry.distributions.kubeadm import is_ours, remove, stop
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT, routes_script
from kuberry.distributions.kubeadm.remove import CONTAINERD_PLACES
from kuberry.distributions.kubeadm.remove_text import REMOVE_ROUTES
from kuberry.distributions.leaving import Terms
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.distributions.traces import forget
from kuberry.model.difference import Difference, Subject
from kuberry.model.facts import Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.model.plan import Clear, Gate, HostPlan, Plan, PowerOff, Restore, Run, WriteFiles
from planned import ids_of

NAMES = ("red", "red01", "red02")
CLUSTER = make.cluster(*NAMES)


def _there(number: int, **changes: object) -> Installed:
    files = ("/etc/hosts", ROUTES_SCRIPT)
    known: dict[str, object] = {
        "record": HostRecord(cluster="shelf", pod_cidr=f"10.244.{number}.0/24"),
        "files": {path: KeptFile(path=path, sha256="0" * 64, mode="644") for path in files},
        "units": {"kubelet.service": Unit(name="kubelet.service", active="active", enabled=None)},
        "nodes": tuple(SeenNode(name=name, ready=True) for name in NAMES) if number == 0 else None,
        "is_ours": True,
        "is_recorded": True,
        "added_packages": frozenset({"containerd", "runc"}),
    }
    return make.installed(**(known | changes))


def _hosts(**changes: object) -> dict[str, Seen]:
    return {
        name: make.seen(name, f"10.0.0.{number + 1}", there=_there(number, **changes))
        for number, name in enumerate(NAMES)
    }


def _plans(plan: Plan) -> dict[str, HostPlan]:
    return {one.host: one for one in plan.hosts}


LEAVE = [
    "idle-units", "kubeadm-reset", "containers", "network", "files", "packages", "places",
    "settings", "units",
]  # fmt: skip


def test_a_whole_cluster_goes_side_by_side() -> None:
    """Nobody waits for anybody, nothing is drained; our records stay until it is proven."""
    plans = _plans(remove(CLUSTER, _hosts(), NAMES))

    assert {name: ids_of(one) for name, one in plans.items()} == dict.fromkeys(NAMES, LEAVE)


def test_a_part_is_drained_first_and_forgotten_by_the_others() -> None:
    """The control plane drains it, the others lose its route and its name, and only that."""
    plans = _plans(remove(CLUSTER, _hosts(), ["red02"]))

    assert ids_of(plans["red"]) == ["forget-red02", "files", "forget-routes"]
    assert ids_of(plans["red01"]) == ["files", "forget-routes"]
    assert ids_of(plans["red02"]) == ["left", *LEAVE]
    gate, drain = plans["red02"].steps[0], plans["red"].steps[0]
    assert isinstance(gate, Gate)
    assert isinstance(drain, Run)
    assert (gate.value, gate.tolerant) == (drain.captures[0], True)
    (files,) = (step for step in plans["red01"].steps if isinstance(step, WriteFiles))
    text = "".join(str(part) for file in files.files for part in file.content)
    assert "10.244.2.0/24" not in text
    assert "10.0.0.3" not in text
    assert "10.244.0.0/24 via 10.0.0.1" in text
    assert "10.0.0.2 red01" in text
    routes = next(step for step in plans["red01"].steps if step.id == "forget-routes")
    assert isinstance(routes, Run)
    assert routes.arguments == ("10.244.2.0/24",)


def test_a_silent_control_plane_holds_nobody_up() -> None:
    """Without an API server nothing is drained, and the leaving host does not wait."""
    plans = _plans(remove(CLUSTER, _hosts(nodes=None), ["red01"]))

    assert ids_of(plans["red01"]) == LEAVE
    assert "forget-red01" not in ids_of(plans["red"])


def test_a_clean_host_stays_as_it_is() -> None:
    """Where nothing of ours is, nothing is done; nor where nothing was changed yet."""
    clean = _hosts(is_ours=False, is_recorded=False, files={})
    fresh = _hosts(is_recorded=False, files={})

    assert remove(CLUSTER, clean, NAMES).is_empty
    assert remove(CLUSTER, fresh, NAMES).is_empty
    assert [one.steps[0].id for one in forget(["red"]).hosts] == ["records"]


def test_a_containerd_that_was_there_keeps_its_data() -> None:
    """Only images are taken from it, and nothing under its directories."""
    own = _plans(remove(CLUSTER, _hosts(), NAMES))["red"]
    theirs = _plans(remove(CLUSTER, _hosts(added_packages=frozenset({"runc"})), NAMES))["red"]
    images = [step.id for step in theirs.steps if isinstance(step, Restore) and step.id == "images"]

    assert images == ["images"]
    assert "images" not in ids_of(own)
    for plan, cleared in ((own, True), (theirs, False)):
        (clear,) = (step for step in plan.steps if isinstance(step, Clear))
        assert ("/var/lib/containerd" in clear.paths) is cleared


@pytest.mark.parametrize(
    ("subject", "name", "ours"),
    [
        ("file", "/etc/kubernetes/pki/ca.key", True),
        ("file", "/etc/kubernetes-notes", False),
        ("file", ROUTES_SCRIPT, True),
        ("file", "/etc/fstab", False),
        ("package", "containerd:amd64", True),
        ("package", "vim:amd64", False),
        ("unit", "kubelet.service (failed)", True),
        ("unit", "cron.service", False),
        ("image", "k8s.gcr.io/pause:3.2", True),
        ("link", "cni0", True),
        ("link", "wlan0", False),
        ("link", "docker0", False),
        ("route", "10.244.7.0/24 via 10.0.0.9 dev eth0", True),
        ("route", "default via 10.0.0.1 dev wlan0", False),
        ("route", "172.17.0.0/16 dev docker0", False),
        ("rule", "iptables: filter: -A FORWARD -s 10.244.0.0/16 -j ACCEPT", True),
        ("rule", "iptables: nat: chain KUBE-SERVICES -", True),
        ("rule", "iptables: nat: -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE", False),
        ("mount", "/var/lib/kubelet/pods/x", True),
        ("mount", "/mnt/stick", False),
        ("sysctl", "net.ipv4.ip_forward", True),
        ("sysctl", "vm.swappiness", False),
    ],
)
def test_what_is_ours_is_told_from_what_is_not(subject: Subject, name: str, *, ours: bool) -> None:
    """A user's own change since is no failure of ours, and what we left is no user's change."""
    difference = Difference(subject=subject, name=name, before=None, after="there")

    assert is_ours(CLUSTER, difference, _hosts()["red"]) is ours


def test_every_route_and_rule_that_is_set_is_taken_back() -> None:
    """The lines that undo are made from the script that sets them: none is forgotten."""
    script = routes_script(CLUSTER, _hosts()["red"], {"10.0.0.2": "10.244.1.0/24"})
    undo = re.findall(r"sed -n '(.*?)' ", REMOVE_ROUTES)
    lines = [
        line
        for one in undo
        for line in subprocess.run(
            ["sed", "-n", one], input=script, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    ]

    assert lines == [
        "ip route del 10.244.1.0/24 via 10.0.0.2",
        "iptables -w 10 -t filter -D FORWARD -s 10.244.0.0/16 -j ACCEPT",
        "iptables -w 10 -t filter -D FORWARD -d 10.244.0.0/16 -j ACCEPT",
        "iptables -w 10 -t nat -D POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE",
    ]


def test_the_control_plane_goes_off_last() -> None:
    """Pods first, then the workers, then the marks are taken away, then the control plane."""
    plans = _plans(stop(CLUSTER, _hosts(), drain_s=30))

    assert ids_of(plans["red"]) == ["drain", "off-red01", "off-red02", "unmark", "off"]
    assert ids_of(plans["red01"]) == ["drained", "off"]
    off = plans["red01"].steps[-1]
    assert isinstance(off, PowerOff)
    waits = [step for step in plans["red"].steps if isinstance(step, Gate)]
    assert waits[0].value == off.captures[0]
    assert all(one.tolerant for one in waits)


@pytest.mark.parametrize(("drain_s", "nodes"), [(0, "same"), (30, None)])
def test_without_a_drain_hosts_just_go_off(drain_s: int, nodes: str | None) -> None:
    """Asked not to, or without an API server, nobody waits for pods."""
    hosts = _hosts() if nodes else _hosts(nodes=None)
    plans = _plans(stop(CLUSTER, hosts, drain_s=drain_s))

    assert ids_of(plans["red01"]) == ["off"]
    assert ids_of(plans["red"]) == ["off-red01", "off-red02", "off"]


def test_a_lost_control_plane_does_not_keep_workers_on() -> None:
    """Those that can be reached are switched off."""
    hosts = {name: one for name, one in _hosts().items() if name != "red"}

    plans = _plans(stop(CLUSTER, hosts, drain_s=30))

    assert {name: ids_of(one) for name, one in plans.items()} == {
        "red01": ["off"],
        "red02": ["off"],
    }


def test_a_containerd_that_came_as_a_program_goes_with_its_places() -> None:
    """No package brought it, yet it is ours: what it keeps goes, and no image is asked of it."""
    path = "/usr/local/bin/containerd"
    files = {path: KeptFile(path=path, sha256="0" * 64, mode="755")}
    plans = _plans(remove(CLUSTER, _hosts(files=files, added_packages=frozenset()), NAMES))
    places = next(step for step in plans["red"].steps if isinstance(step, Clear))

    assert "images" not in ids_of(plans["red"])
    assert set(CONTAINERD_PLACES) <= set(places.paths)


BLOCK = (
    "127.0.0.1 localhost\n# BEGIN kuberry\n10.0.0.1 api.shelf.kuberry.internal\n10.0.0.1 red\n"
    "10.0.0.2 red01\n10.0.0.3 red02\n# END kuberry\n"
)


def _without(dead: str) -> dict[str, Seen]:
    """Return the hosts that can be reached while *dead* cannot; they still know it."""
    hosts = {}
    for number, name in enumerate(NAMES):
        routes = {
            f"10.244.{other}.0/24": f"10.0.0.{other + 1}" for other in range(3) if other != number
        }
        address = f"10.0.0.{number + 1}"
        there = _there(number, hosts_file=BLOCK)
        hosts[name] = make.seen(name, address, there=there, network=make.network(address, routes))
    del hosts[dead]
    return hosts


def test_pods_that_must_not_go_keep_their_node() -> None:
    """Nobody forgets the node, and nothing is done on it, before its pods are gone."""
    terms = Terms(drain_s=7, must_drain=True)
    plans = _plans(remove(CLUSTER, _hosts(), ["red02"], terms))
    drain = plans["red"].steps[0]

    assert isinstance(drain, Run)
    assert drain.arguments == ("red02", "7", "must")
    for name in ("red01", "red02"):
        gate = plans[name].steps[0]
        assert isinstance(gate, Gate)
        assert (gate.value, gate.tolerant) == (drain.captures[0], False)
    with pytest.raises(NotSeen, match="API server on red does not answer"):
        remove(CLUSTER, _hosts(nodes=None), ["red02"], terms)


def test_a_dead_node_is_deleted_and_forgotten_without_its_host() -> None:
    """It is not drained: its pods cannot answer; name and route go from those that stay."""
    plans = _plans(remove(CLUSTER, _without("red02"), ["red02"], Terms(dead=("red02",))))
    forget = plans["red"].steps[0]

    assert sorted(plans) == ["red", "red01"]
    assert isinstance(forget, Run)
    assert forget.arguments == ("red02", "0", "")
    assert ids_of(plans["red01"]) == ["files", "forget-routes"]
    assert "red02" not in _texts(plans["red01"])
    assert "10.244.0.0/24 via 10.0.0.1" in _texts(plans["red01"])


def test_which_node_a_dead_host_was_is_not_guessed() -> None:
    """Called by a name that no node has, it could be any that is missing."""
    wish = make.cluster("red", "red01", "alias")
    with pytest.raises(NotSeen, match="which node alias was"):
        remove(wish, _without("red02"), ["alias"], Terms(dead=("alias",)))


def test_who_stays_and_is_dead_keeps_its_name_and_route() -> None:
    """It comes back one day, and the others must find it."""
    hosts = _without("red02")
    plans = _plans(remove(CLUSTER, hosts, ["red01"]))

    assert "10.0.0.3 red02" in _texts(plans["red"])
    assert "10.244.2.0/24 via 10.0.0.3" in _texts(plans["red"])
    assert "10.0.0.2" not in _texts(plans["red"])


def _texts(plan: HostPlan) -> str:
    """Return all that *plan* writes into files."""
    files = [file for step in plan.steps if isinstance(step, WriteFiles) for file in step.files]
    return "".join(str(part) for file in files for part in file.content)
