"""From wish, hosts and bundle to a plan: what is in it, in which order, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import made_up as make
from kubeadm_plans import ADDRESSES, done, hosts_of, plan_of
from kuberry.distributions.kubeadm import install
from kuberry.distributions.seen import NotSeen
from kuberry.model.bundle import Binary, Bundle
from kuberry.model.facts import KubernetesTraces, Unit
from kuberry.model.installed import HostRecord, KeptFile
from kuberry.model.plan import Captured, Gate, LoadImages, Plan, Run, SetUnit
from planned import files_of, ids_of


def test_order_on_the_control_plane() -> None:
    """The host is noted before it is changed; tokens come after init and are revoked at the end."""
    ids = ids_of(plan_of()["red"])

    assert ids == [
        "before",
        "files",
        "packages",
        "kernel",
        "containerd",
        "images-kube-apiserver",
        "images-etcd",
        "images-kube-proxy",
        "images-pause",
        "put-kubeadm",
        "put-kubelet",
        "put-kubectl",
        "put-crictl",
        "images",
        "check-images",
        "init-file",
        "init",
        "tokens",
        "routes",
        "kubelet",
        "ready",
        "joined-red01",
        "joined-red02",
        "revoke",
    ]


def test_workers_get_only_what_they_run() -> None:
    """A worker gets no image of the control plane, and joins with a token of its own."""
    plan = plan_of()["red01"]

    assert "images-kube-apiserver" not in ids_of(plan)
    assert "images-etcd" not in ids_of(plan)
    assert "images-kube-proxy" in ids_of(plan)
    assert "<token:red01>" in files_of(plan)["/run/kuberry/join.yaml"]
    assert "<ca-hash>" in files_of(plan)["/run/kuberry/join.yaml"]


def test_every_value_that_is_used_is_captured_once() -> None:
    """Each hole has exactly one step that fills it."""
    plans = plan_of().values()
    captured = [
        name
        for plan in plans
        for step in plan.steps
        if isinstance(step, Run | LoadImages)
        for name in step.captures
    ]
    used = set(_used(plans))

    assert sorted(captured) == sorted(set(captured))
    hosts = {f"images:{name}" for name in ADDRESSES}
    tokens = {"ca-hash", "token:red01", "token:red02", "joined:red01", "joined:red02"}
    assert used == tokens | hosts
    assert used == set(captured)


def _used(plans: Any) -> Iterator[str]:
    for plan in plans:
        for step in plan.steps:
            if hasattr(step, "value"):
                yield step.value
            for file in getattr(step, "files", ()):
                yield from (one.captured for one in file.content if isinstance(one, Captured))


def test_a_plan_survives_json() -> None:
    """A plan is data: it comes back from JSON as it was."""
    plan = install(make.cluster(*ADDRESSES), hosts_of(), make.bundle())

    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_host_keeps_its_pod_network() -> None:
    """What a host has recorded is its own; the others get what is free."""
    record = HostRecord(cluster="shelf", pod_cidr="10.244.0.0/24")
    plans = plan_of(red02=make.installed(record=record))
    networks = {
        name: yaml.safe_load(files_of(plan)["/etc/kuberry/host.json"])["pod_cidr"]
        for name, plan in plans.items()
    }

    assert networks == {
        "red": "10.244.1.0/24",
        "red01": "10.244.2.0/24",
        "red02": "10.244.0.0/24",
    }


def test_routes_lead_to_the_peers_only() -> None:
    """One route for each peer, none for the host itself."""
    script = files_of(plan_of()["red01"])["/usr/local/lib/kuberry/routes"]
    routes = [line for line in script.splitlines() if line.startswith("ip route")]

    assert routes == [
        "ip route replace 10.244.0.0/24 via 10.0.0.1",
        "ip route replace 10.244.2.0/24 via 10.0.0.3",
    ]


def test_the_hosts_file_keeps_what_is_not_ours() -> None:
    """Our block is replaced, not repeated, and the rest stays."""
    text = "127.0.0.1 localhost\n# BEGIN kuberry\n1.2.3.4 old\n# END kuberry\n192.0.2.1 printer\n"
    hosts = files_of(plan_of(red=make.installed(hosts_file=text))["red"])["/etc/hosts"]

    assert hosts.startswith("127.0.0.1 localhost\n192.0.2.1 printer\n# BEGIN kuberry\n")
    assert "old" not in hosts
    assert "10.0.0.1 api.shelf.kuberry.internal\n" in hosts


def test_what_cannot_be_planned_is_named() -> None:
    """A fact that is missing is named, and no plan is made of guesses."""
    hosts = {"red": make.seen("red", "10.0.0.1", network=None)}
    with pytest.raises(NotSeen, match="red"):
        install(make.cluster("red"), hosts, make.bundle())


def test_a_network_add_on_takes_the_place_of_our_routes() -> None:
    """With a manifest in the bundle nothing of host-gw is planned, and Kubernetes allocates."""
    wish = make.cluster("red", "red01").model_copy(update={"network": "manifest"})
    hosts = {name: make.seen(name, ADDRESSES[name]) for name in ("red", "red01")}
    plans = {
        one.host: one for one in install(wish, hosts, make.bundle(manifest="flannel.yml")).hosts
    }

    assert "/etc/cni/net.d/10-kuberry.conflist" not in files_of(plans["red"])
    assert "routes" not in ids_of(plans["red"])
    ids = ids_of(plans["red"])
    assert ids.index("init") < ids.index("apply-flannel.yml") < ids.index("ready")
    assert "apply-flannel.yml" not in ids_of(plans["red01"])
    init = yaml.safe_load_all(files_of(plans["red"])["/run/kuberry/init.yaml"])
    cluster = next(one for one in init if one["kind"] == "ClusterConfiguration")
    assert cluster["controllerManager"]["extraArgs"] == {"allocate-node-cidrs": "true"}


def _with_programs() -> Bundle:
    """Return the bundle with containerd as upstream publishes it, beside Debian's package."""
    bundle = make.bundle()
    own = [
        Binary(name=name, version="2.3.7", architecture="amd64", sha256="a" * 64, size_bytes=1)
        for name in ("containerd", "runc")
    ]
    return bundle.model_copy(update={"artifacts": (*bundle.artifacts, *own)})


def test_a_containerd_of_the_bundle_is_the_one_in_use() -> None:
    """Its unit, its layout of configuration; it is started only once it is there."""
    plan = install(make.cluster(*ADDRESSES), hosts_of(), _with_programs()).hosts[0]
    ids, files = ids_of(plan), files_of(plan)

    assert "ExecStart=/usr/local/bin/containerd" in files["/etc/systemd/system/containerd.service"]
    assert "version = 3" in files["/etc/containerd/config.toml"]
    assert ids.index("put-containerd") < ids.index("put-runc") < ids.index("containerd")


@pytest.mark.parametrize(("names", "action"), [((), "start"), (("containerd",), "restart")])
def test_containerd_is_started_once_by_its_package(names: tuple[str, ...], action: str) -> None:
    """Where none was before it begins with our files; one that runs has read others."""
    units = tuple(Unit(name=f"{one}.service", active="active", enabled="enabled") for one in names)
    traces = KubernetesTraces(units=units, paths=(), cni_configurations=None)
    hosts = {"red": make.seen("red", "10.0.0.1", kubernetes=traces)}
    plan = install(make.cluster("red"), hosts, make.bundle()).hosts[0]

    (step,) = (one for one in plan.steps if one.id == "containerd")
    assert isinstance(step, SetUnit)
    assert step.action == action
    assert ids_of(plan).index("packages") < ids_of(plan).index("containerd")


def test_another_containerd_is_restarted() -> None:
    """A program of another digest on the host is replaced, and the unit begins anew."""
    cluster, bundle = make.cluster(*ADDRESSES), _with_programs()
    there = done(install(cluster, hosts_of(), bundle).hosts[1], nodes=None)
    old = KeptFile(path="/usr/local/bin/containerd", sha256="b" * 64, mode="755")
    changed = there.model_copy(update={"files": {**there.files, old.path: old}})
    ids = ids_of(install(cluster, hosts_of(red01=changed), bundle).hosts[1])

    assert ids[:2] == ["put-containerd", "containerd"]


def test_workers_join_side_by_side() -> None:
    """A worker waits for its images, its token and the authority, and for no other worker."""
    plans = plan_of()
    for name in ("red01", "red02"):
        assert set(_used([plans[name]])) == {"ca-hash", f"token:{name}", f"images:{name}"}


def test_images_come_in_while_programs_are_put() -> None:
    """They are waited for right before what needs them, behind everything else."""
    for plan in plan_of().values():
        ids = ids_of(plan)
        beside = ids[ids.index("images-pause") + 1 : ids.index("images")]
        assert beside == ["put-kubeadm", "put-kubelet", "put-kubectl", "put-crictl"]


def test_tokens_are_revoked_whoever_fails_to_join() -> None:
    """The revocation stands behind every worker's end, good or bad."""
    steps = plan_of()["red"].steps
    gates = [one for one in steps if isinstance(one, Gate) and one.id.startswith("joined-")]

    assert [one.value for one in gates] == ["joined:red01", "joined:red02"]
    assert all(one.tolerant for one in gates)
    assert steps[-1].id == "revoke"
