"""A plan for hosts that hold something already: what is missing, and nothing else."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import made_up as make
from kubeadm_plans import ADDRESSES, LOADED, all_done, changed, hosts_of, plan_of
from kuberry.distributions.kubeadm import install
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT
from kuberry.model.facts import KernelModule, Sysctl, Unit
from kuberry.model.installed import KeptFile, SeenNode
from kuberry.model.plan import Run, SetUnit
from planned import files_of, ids_of


def test_nothing_is_planned_when_all_is_done() -> None:
    """After a run, the same wish on the same hosts is an empty plan."""
    assert {name: ids_of(plan) for name, plan in plan_of(**all_done()).items()} == {
        "red": [],
        "red01": [],
        "red02": [],
    }


def test_an_edited_file_is_put_back() -> None:
    """Drift of one file is one step, and what depends on it is restarted."""
    done = all_done()
    path = "/usr/local/lib/kuberry/routes"
    files = done["red01"].files | {path: KeptFile(path=path, sha256="0" * 64, mode="755")}
    plans = plan_of(**changed(done, "red01", files=files))

    assert (ids_of(plans["red"]), ids_of(plans["red01"])) == ([], ["files", "routes"])


def test_a_lost_route_is_set_again() -> None:
    """A route that somebody removed is one step, though no file has changed."""
    done = all_done()
    hosts = hosts_of(**done)
    hosts["red01"] = make.seen("red01", ADDRESSES["red01"], there=done["red01"], modules=LOADED)
    plan = install(make.cluster(*ADDRESSES), hosts, make.bundle())

    assert {one.host: ids_of(one) for one in plan.hosts} == {
        "red": [],
        "red01": ["routes"],
        "red02": [],
    }


@pytest.mark.parametrize(
    ("facts", "ids"),
    [
        ({"sysctls": (Sysctl(name="net.ipv4.ip_forward", value=0),)}, ["kernel"]),
        ({"sysctls": (Sysctl(name="net.ipv4.ip_forward", value=1),)}, []),
        ({"sysctls": None}, []),
        ({"modules": (KernelModule(name="br_netfilter", state="loadable"),)}, ["kernel"]),
        ({"modules": (KernelModule(name="vxlan", state="loadable"),)}, []),
    ],
)
def test_a_kernel_that_was_not_told_is_told(facts: dict[str, Any], ids: list[str]) -> None:
    """A run that ended between the file and the kernel, or a hand that set it back, is healed."""
    hosts = hosts_of(**all_done())
    changed = hosts["red01"].facts.model_copy(update=facts)
    hosts["red01"] = dataclasses.replace(hosts["red01"], facts=changed)
    plan = install(make.cluster(*hosts), hosts, make.bundle())

    assert {host.host: ids_of(host) for host in plan.hosts} == {
        "red": [],
        "red01": ids,
        "red02": [],
    }


def test_a_stopped_unit_is_started() -> None:
    """Drift of a unit is one step."""
    done = all_done()
    stopped = Unit(name="containerd.service", active="inactive", enabled="enabled")
    units = done["red02"].units | {"containerd.service": stopped}
    plans = plan_of(**changed(done, "red02", units=units))

    assert ids_of(plans["red02"]) == ["containerd"]


def test_a_deleted_node_joins_again() -> None:
    """A worker that the control plane does not know gets a new token and joins."""
    done = all_done()
    nodes = tuple(SeenNode(name=name, ready=True) for name in ("red", "red02"))
    plans = plan_of(**changed(done, "red", nodes=nodes))

    assert ids_of(plans["red"]) == ["tokens", "joined-red01", "revoke"]
    assert ids_of(plans["red01"]) == ["join-file", "join", "kubelet", "ready"]
    assert ids_of(plans["red02"]) == []


def test_a_removed_image_is_imported_again() -> None:
    """An image that is gone from containerd is brought, and waited for."""
    done = all_done()
    images = done["red01"].images - {"k8s.gcr.io/pause:v1.20.2"}
    plans = plan_of(**changed(done, "red01", images=images))

    assert ids_of(plans["red01"]) == ["images-pause", "images"]


def test_a_dead_host_keeps_its_name_route_and_network_on_the_others() -> None:
    """What is skipped is not forgotten: nothing changes there, and a newcomer gets another /24."""
    hosts = hosts_of(**all_done())
    left = {name: one for name, one in hosts.items() if name != "red01"}
    wish = make.cluster(*ADDRESSES)

    assert install(wish, left, make.bundle()).is_empty

    fresh = make.seen("red03", "10.0.0.4")
    bigger = make.cluster(*ADDRESSES, "red03")
    plans = {one.host: one for one in install(bigger, left | {"red03": fresh}, make.bundle()).hosts}
    assert '"pod_cidr": "10.244.3.0/24"' in files_of(plans["red03"])["/etc/kuberry/host.json"]
    assert "10.0.0.2 red01" in files_of(plans["red03"])["/etc/hosts"]
    assert "10.244.1.0/24 via 10.0.0.2" in files_of(plans["red"])[ROUTES_SCRIPT]
    assert "red01" not in plans


def test_a_newcomer_touches_the_others_by_a_route_and_a_name() -> None:
    """Besides letting it in, which the control plane does, there is nothing else for them."""
    hosts = hosts_of(**all_done()) | {"red03": make.seen("red03", "10.0.0.4")}
    plan = install(make.cluster(*hosts), hosts, make.bundle())
    plans = {one.host: one for one in plan.hosts}

    assert ids_of(plans["red01"]) == ids_of(plans["red02"]) == ["files", "routes"]
    assert ids_of(plans["red"]) == ["files", "tokens", "routes", "joined-red03", "revoke"]
    for name in ADDRESSES:
        files = files_of(plans[name])
        before = hosts[name].installed.hosts_file
        assert sorted(files) == ["/etc/hosts", ROUTES_SCRIPT]
        assert set(files["/etc/hosts"].splitlines()) - set(before.splitlines()) == {
            "10.0.0.4 red03"
        }
        routes = [line for line in files[ROUTES_SCRIPT].splitlines() if line.startswith("ip route")]
        assert [line for line in routes if "10.0.0.4" in line] == [
            "ip route replace 10.244.3.0/24 via 10.0.0.4"
        ]
        assert len(routes) == 3


def test_a_silent_api_server_is_waited_for() -> None:
    """Nobody has seen the nodes Ready, so they are waited for: nothing is taken on trust."""
    silent = {name: one.model_copy(update={"nodes": None}) for name, one in all_done().items()}
    plans = plan_of(**silent)

    assert {name: ids_of(one) for name, one in plans.items()} == {
        name: ["ready"] for name in ADDRESSES
    }


@pytest.mark.parametrize(
    ("unit", "path", "steps"),
    [
        ("containerd.service", "/etc/containerd/config.toml", ["containerd"]),
        ("kubelet.service", "/etc/systemd/system/kubelet.service", ["kubelet", "ready"]),
        ("kubelet.service", "/etc/containerd/config.toml", []),
    ],
)
def test_a_file_that_nobody_has_read_yet_is_put_into_effect(
    unit: str, path: str, steps: list[str]
) -> None:
    """A run was cut off between writing it and the restart: the next one restarts what reads it."""
    there = all_done()
    since = there["red01"].written_since | {unit: frozenset({path})}
    there["red01"] = there["red01"].model_copy(update={"written_since": since})
    plans = plan_of(**there)

    assert ids_of(plans["red01"]) == steps
    restarts = [one.action for one in plans["red01"].steps if isinstance(one, SetUnit)]
    assert restarts == ["restart"] * len(restarts)
    assert (ids_of(plans["red"]), ids_of(plans["red02"])) == ([], [])


def test_a_containerd_that_ran_before_us_is_restarted_once() -> None:
    """Cut off between our files and the restart: that it runs says nothing of what it has read."""
    there = all_done()
    units = {name: one for name, one in there["red01"].units.items() if "containerd" not in name}
    since = {name: paths for name, paths in there["red01"].written_since.items() if name in units}
    there["red01"] = there["red01"].model_copy(update={"units": units, "written_since": since})
    (step,) = plan_of(**there)["red01"].steps

    assert isinstance(step, SetUnit)
    assert (step.unit, step.action) == ("containerd.service", "restart")


def test_a_host_flashed_anew_takes_the_place_of_its_old_node() -> None:
    """The node of the old machine goes before the new one gets its token; no other node goes."""
    hosts = hosts_of(**all_done()) | {"red02": make.seen("red02", "10.0.0.3")}
    plan = install(make.cluster(*ADDRESSES), hosts, make.bundle())
    plans = {one.host: one for one in plan.hosts}
    ids = ids_of(plans["red"])
    forget = next(step for step in plans["red"].steps if step.id == "forget-old")

    assert isinstance(forget, Run)
    assert forget.arguments == ("red02",)
    assert ids.index("forget-old") < ids.index("tokens")
    assert ids_of(plans["red01"]) == []
    assert "join" in ids_of(plans["red02"])
    assert "10.244.2.0/24" in files_of(plans["red02"])["/etc/kuberry/host.json"]


def test_only_nodes_that_a_stop_has_closed_are_opened() -> None:
    """One that its user has closed stays closed."""
    there = all_done()
    nodes = tuple(
        SeenNode(name=name, ready=True, switched_off=name == "red01") for name in ADDRESSES
    )
    there["red"] = there["red"].model_copy(update={"nodes": nodes})
    plans = plan_of(**there)

    assert {name: ids_of(one) for name, one in plans.items()} == {
        "red": ["open"],
        "red01": [],
        "red02": [],
    }
