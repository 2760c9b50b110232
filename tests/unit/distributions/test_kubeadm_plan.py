"""From wish, hosts and bundle to a plan: what is in it, in which order, and what is left out."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import made_up as make
from kuberry.distributions.kubeadm import install
from kuberry.distributions.kubeadm.configuration import api_version, init_configuration
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.model.bundle import Binary, Bundle
from kuberry.model.facts import Cgroups, KernelModule, Sysctl, Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.model.plan import (
    Captured,
    HostPlan,
    InstallPackages,
    LoadImages,
    Plan,
    PutArtifact,
    Run,
    SetUnit,
    WriteFiles,
)

ADDRESSES = {"red": "10.0.0.1", "red01": "10.0.0.2", "red02": "10.0.0.3"}
NETWORKS = {"red": "10.244.0.0/24", "red01": "10.244.1.0/24", "red02": "10.244.2.0/24"}
LOADED = tuple(KernelModule(name=name, state="loaded") for name in ("overlay", "br_netfilter"))


def _hosts(**there: Installed) -> dict[str, Seen]:
    hosts = {}
    for name, address in ADDRESSES.items():
        peers = [other for other in ADDRESSES if other != name]
        routes = {NETWORKS[peer]: ADDRESSES[peer] for peer in peers} if name in there else {}
        network = make.network(address, routes)
        loaded = {"modules": LOADED} if name in there else {}
        hosts[name] = make.seen(name, address, there=there.get(name), network=network, **loaded)
    return hosts


def _plan(**there: Installed) -> dict[str, HostPlan]:
    plan = install(make.cluster(*ADDRESSES), _hosts(**there), make.bundle())
    return {one.host: one for one in plan.hosts}


def _ids(plan: HostPlan) -> list[str]:
    return [step.id for step in plan.steps]


def _files(plan: HostPlan) -> dict[str, str]:
    return {
        file.path: "".join(one if isinstance(one, str) else f"<{one.captured}>" for one in text)
        for step in plan.steps
        if isinstance(step, WriteFiles)
        for file in step.files
        for text in [file.content]
    }


def _done(plan: HostPlan, *, nodes: tuple[SeenNode, ...] | None) -> Installed:
    """Return what a host holds once *plan* is done."""
    files = {
        path: KeptFile(path=path, sha256=hashlib.sha256(text.encode()).hexdigest(), mode="644")
        for path, text in _files(plan).items()
        if not path.startswith("/run/")
    }
    units = ("containerd.service", "kubelet.service", "kuberry-routes.service")
    images: set[str] = set()
    packages: dict[str, str] = {}
    for step in plan.steps:
        match step:
            case PutArtifact():
                digest = step.artifact.sha256
                files[step.path] = KeptFile(path=step.path, sha256=digest, mode="755")
            case LoadImages():
                images |= set(step.archive.images)
            case InstallPackages():
                packages |= {one.name: one.version for one in step.packages}
            case _:
                pass
    record = yaml.safe_load(_files(plan)["/etc/kuberry/host.json"])
    return make.installed(
        packages=packages,
        files=files,
        units={name: Unit(name=name, active="active", enabled="enabled") for name in units},
        images=frozenset(images),
        record=HostRecord.model_validate(record),
        hosts_file=_files(plan)["/etc/hosts"],
        initialised=plan.host == "red",
        joined=plan.host != "red",
        nodes=nodes,
        written_since=dict.fromkeys(units, frozenset()),
    )


def _all_done() -> dict[str, Installed]:
    nodes = tuple(SeenNode(name=name, ready=True) for name in ADDRESSES)
    plans = _plan()
    return {
        name: _done(plan, nodes=nodes if name == "red" else None) for name, plan in plans.items()
    }


def test_order_on_the_control_plane() -> None:
    """The host is noted before it is changed; tokens come after init and are revoked at the end."""
    ids = _ids(_plan()["red"])

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
    plan = _plan()["red01"]

    assert "images-kube-apiserver" not in _ids(plan)
    assert "images-etcd" not in _ids(plan)
    assert "images-kube-proxy" in _ids(plan)
    assert "<token:red01>" in _files(plan)["/run/kuberry/join.yaml"]
    assert "<ca-hash>" in _files(plan)["/run/kuberry/join.yaml"]


def test_every_value_that_is_used_is_captured_once() -> None:
    """Each hole has exactly one step that fills it."""
    plans = _plan().values()
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
    plan = install(make.cluster(*ADDRESSES), _hosts(), make.bundle())

    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_nothing_is_planned_when_all_is_done() -> None:
    """After a run, the same wish on the same hosts is an empty plan."""
    assert {name: _ids(plan) for name, plan in _plan(**_all_done()).items()} == {
        "red": [],
        "red01": [],
        "red02": [],
    }


def _with(done: dict[str, Installed], host: str, **changes: Any) -> dict[str, Installed]:
    return done | {host: done[host].model_copy(update=changes)}


def test_an_edited_file_is_put_back() -> None:
    """Drift of one file is one step, and what depends on it is restarted."""
    done = _all_done()
    path = "/usr/local/lib/kuberry/routes"
    files = done["red01"].files | {path: KeptFile(path=path, sha256="0" * 64, mode="755")}
    plans = _plan(**_with(done, "red01", files=files))

    assert (_ids(plans["red"]), _ids(plans["red01"])) == ([], ["files", "routes"])


def test_a_lost_route_is_set_again() -> None:
    """A route that somebody removed is one step, though no file has changed."""
    done = _all_done()
    hosts = _hosts(**done)
    hosts["red01"] = make.seen("red01", ADDRESSES["red01"], there=done["red01"], modules=LOADED)
    plan = install(make.cluster(*ADDRESSES), hosts, make.bundle())

    assert {one.host: _ids(one) for one in plan.hosts} == {
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
    hosts = _hosts(**_all_done())
    changed = hosts["red01"].facts.model_copy(update=facts)
    hosts["red01"] = dataclasses.replace(hosts["red01"], facts=changed)
    plan = install(make.cluster(*hosts), hosts, make.bundle())

    assert {host.host: _ids(host) for host in plan.hosts} == {"red": [], "red01": ids, "red02": []}


def test_a_stopped_unit_is_started() -> None:
    """Drift of a unit is one step."""
    done = _all_done()
    stopped = Unit(name="containerd.service", active="inactive", enabled="enabled")
    units = done["red02"].units | {"containerd.service": stopped}
    plans = _plan(**_with(done, "red02", units=units))

    assert _ids(plans["red02"]) == ["containerd"]


def test_a_deleted_node_joins_again() -> None:
    """A worker that the control plane does not know gets a new token and joins."""
    done = _all_done()
    nodes = tuple(SeenNode(name=name, ready=True) for name in ("red", "red02"))
    plans = _plan(**_with(done, "red", nodes=nodes))

    assert _ids(plans["red"]) == ["tokens", "joined-red01", "revoke"]
    assert _ids(plans["red01"]) == ["join-file", "join", "kubelet", "ready"]
    assert _ids(plans["red02"]) == []


def test_a_removed_image_is_imported_again() -> None:
    """An image that is gone from containerd is brought, and waited for."""
    done = _all_done()
    images = done["red01"].images - {"k8s.gcr.io/pause:v1.20.2"}
    plans = _plan(**_with(done, "red01", images=images))

    assert _ids(plans["red01"]) == ["images-pause", "images"]


def test_a_host_keeps_its_pod_network() -> None:
    """What a host has recorded is its own; the others get what is free."""
    record = HostRecord(cluster="shelf", pod_cidr="10.244.0.0/24")
    plans = _plan(red02=make.installed(record=record))
    networks = {
        name: yaml.safe_load(_files(plan)["/etc/kuberry/host.json"])["pod_cidr"]
        for name, plan in plans.items()
    }

    assert networks == {
        "red": "10.244.1.0/24",
        "red01": "10.244.2.0/24",
        "red02": "10.244.0.0/24",
    }


def test_routes_lead_to_the_peers_only() -> None:
    """One route for each peer, none for the host itself."""
    script = _files(_plan()["red01"])["/usr/local/lib/kuberry/routes"]
    routes = [line for line in script.splitlines() if line.startswith("ip route")]

    assert routes == [
        "ip route replace 10.244.0.0/24 via 10.0.0.1",
        "ip route replace 10.244.2.0/24 via 10.0.0.3",
    ]


def test_the_hosts_file_keeps_what_is_not_ours() -> None:
    """Our block is replaced, not repeated, and the rest stays."""
    text = "127.0.0.1 localhost\n# BEGIN kuberry\n1.2.3.4 old\n# END kuberry\n192.0.2.1 printer\n"
    hosts = _files(_plan(red=make.installed(hosts_file=text))["red"])["/etc/hosts"]

    assert hosts.startswith("127.0.0.1 localhost\n192.0.2.1 printer\n# BEGIN kuberry\n")
    assert "old" not in hosts
    assert "10.0.0.1 api.shelf.kuberry.internal\n" in hosts


@pytest.mark.parametrize(
    ("version", "api"),
    [
        ("v1.20.2", "v1beta2"),
        ("v1.21.14", "v1beta2"),
        ("v1.22.0", "v1beta3"),
        ("v1.30.9", "v1beta3"),
        ("v1.31.0", "v1beta4"),
        ("v1.37.1", "v1beta4"),
    ],
)
def test_kubeadm_is_spoken_to_in_its_own_version(version: str, api: str) -> None:
    """Each Kubernetes gets the newest configuration API it reads."""
    assert api_version(version) == f"kubeadm.k8s.io/{api}"


def _documents(version: str, *names: str, **changes: Any) -> dict[str, Any]:
    host = make.seen("red", "10.0.0.1", **changes)
    text = init_configuration(make.cluster(*names, version=version), host)
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


def test_extra_arguments_have_the_shape_of_their_api() -> None:
    """A map up to v1beta3, a list of pairs since v1beta4; the socket is a URL since v1beta3."""
    old = _documents("v1.20.2", "red")["InitConfiguration"]["nodeRegistration"]
    new = _documents("v1.31.0", "red")["InitConfiguration"]["nodeRegistration"]

    assert old["kubeletExtraArgs"] == {"node-ip": "10.0.0.1"}
    assert new["kubeletExtraArgs"] == [{"name": "node-ip", "value": "10.0.0.1"}]
    assert old["criSocket"] == "/run/containerd/containerd.sock"
    assert new["criSocket"] == "unix:///run/containerd/containerd.sock"


def test_a_single_host_runs_pods_too() -> None:
    """One host alone is not tainted; with workers the usual taint stays."""
    alone = _documents("v1.20.2", "red")["InitConfiguration"]["nodeRegistration"]
    more = _documents("v1.20.2", "red", "red01")["InitConfiguration"]["nodeRegistration"]

    assert alone["taints"] == []
    assert "taints" not in more


def test_the_api_certificate_is_valid_for_all_its_names() -> None:
    """Host, address, endpoint and loopback are in the certificate."""
    names = _documents("v1.20.2", "red")["ClusterConfiguration"]["apiServer"]["certSANs"]

    assert names == ["red", "10.0.0.1", "api.shelf.kuberry.internal", "127.0.0.1"]


def test_an_old_kubelet_looks_at_its_static_pods_more_often() -> None:
    """Where it would otherwise show a new control plane a minute late."""
    kubelets = [_documents(f"v1.{n}.0", "red")["KubeletConfiguration"] for n in (21, 22)]

    assert [one.get("syncFrequency") for one in kubelets] == ["10s", None]


def test_cgroups_decide_the_driver() -> None:
    """Systemd on v2; cgroupfs on v1, which a new kubelet must be told to accept."""
    v1 = Cgroups(version="v1", controllers=("memory",), memory=True)
    kinds = "KubeletConfiguration"

    assert _documents("v1.20.2", "red")[kinds]["cgroupDriver"] == "systemd"
    assert _documents("v1.20.2", "red", cgroups=v1)[kinds]["cgroupDriver"] == "cgroupfs"
    assert "failCgroupV1" not in _documents("v1.34.0", "red", cgroups=v1)[kinds]
    assert _documents("v1.35.0", "red", cgroups=v1)[kinds]["failCgroupV1"] is False


@pytest.mark.parametrize(
    ("containerd", "version", "plugin"),
    [("1.6.20", 2, "io.containerd.grpc.v1.cri"), ("2.2.1", 3, "io.containerd.cri.v1.images")],
)
def test_containerd_reads_its_own_layout(containerd: str, version: int, plugin: str) -> None:
    """The configuration has the layout of the containerd that the host has or gets."""
    bundle = make.bundle(version="v1.31.0", containerd=containerd)
    hosts = {"red": make.seen("red", "10.0.0.1")}
    plan = install(make.cluster("red", version="v1.31.0"), hosts, bundle).hosts[0]
    config = tomllib.loads(_files(plan)["/etc/containerd/config.toml"])

    assert config["version"] == version
    assert "k8s.gcr.io/pause:v1.31.0" in str(config["plugins"][plugin])


def test_a_lab_host_gets_what_a_container_needs_and_no_other_does() -> None:
    """Settings for containers are decided by what is seen, not by name."""
    limits = "/etc/systemd/system/containerd.service.d/kuberry.conf"
    hosts = {"red": make.seen("red", "10.0.0.1", virtualization="systemd-nspawn")}
    inside = install(make.cluster("red"), hosts, make.bundle()).hosts[0]

    assert limits in _files(inside)
    # An empty limit is no reset: "Failed to parse resource value, ignoring" (systemd 252).
    assert not [line for line in _files(inside)[limits].splitlines() if line.endswith("=")]
    assert "maxPerCore" in _files(inside)["/run/kuberry/init.yaml"]
    assert limits not in _files(_plan()["red"])
    assert "maxPerCore" not in _files(_plan()["red"])["/run/kuberry/init.yaml"]


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

    assert "/etc/cni/net.d/10-kuberry.conflist" not in _files(plans["red"])
    assert "routes" not in _ids(plans["red"])
    ids = _ids(plans["red"])
    assert ids.index("init") < ids.index("apply-flannel.yml") < ids.index("ready")
    assert "apply-flannel.yml" not in _ids(plans["red01"])
    init = yaml.safe_load_all(_files(plans["red"])["/run/kuberry/init.yaml"])
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
    plan = install(make.cluster(*ADDRESSES), _hosts(), _with_programs()).hosts[0]
    ids, files = _ids(plan), _files(plan)

    assert "ExecStart=/usr/local/bin/containerd" in files["/etc/systemd/system/containerd.service"]
    assert "version = 3" in files["/etc/containerd/config.toml"]
    assert ids.index("put-containerd") < ids.index("put-runc") < ids.index("containerd")


def test_another_containerd_is_restarted() -> None:
    """A program of another digest on the host is replaced, and the unit begins anew."""
    cluster, bundle = make.cluster(*ADDRESSES), _with_programs()
    there = _done(install(cluster, _hosts(), bundle).hosts[1], nodes=None)
    old = KeptFile(path="/usr/local/bin/containerd", sha256="b" * 64, mode="755")
    changed = there.model_copy(update={"files": {**there.files, old.path: old}})
    ids = _ids(install(cluster, _hosts(red01=changed), bundle).hosts[1])

    assert ids[:2] == ["put-containerd", "containerd"]


def test_a_dead_host_keeps_its_name_route_and_network_on_the_others() -> None:
    """What is skipped is not forgotten: nothing changes there, and a newcomer gets another /24."""
    hosts = _hosts(**_all_done())
    left = {name: one for name, one in hosts.items() if name != "red01"}
    wish = make.cluster(*ADDRESSES)

    assert install(wish, left, make.bundle()).is_empty

    fresh = make.seen("red03", "10.0.0.4")
    bigger = make.cluster(*ADDRESSES, "red03")
    plans = {one.host: one for one in install(bigger, left | {"red03": fresh}, make.bundle()).hosts}
    assert '"pod_cidr": "10.244.3.0/24"' in _files(plans["red03"])["/etc/kuberry/host.json"]
    assert "10.0.0.2 red01" in _files(plans["red03"])["/etc/hosts"]
    assert "10.244.1.0/24 via 10.0.0.2" in _files(plans["red"])[ROUTES_SCRIPT]
    assert "red01" not in plans


def test_a_newcomer_touches_the_others_by_a_route_and_a_name() -> None:
    """Besides letting it in, which the control plane does, there is nothing else for them."""
    hosts = _hosts(**_all_done()) | {"red03": make.seen("red03", "10.0.0.4")}
    plan = install(make.cluster(*hosts), hosts, make.bundle())
    plans = {one.host: one for one in plan.hosts}

    assert _ids(plans["red01"]) == _ids(plans["red02"]) == ["files", "routes"]
    assert _ids(plans["red"]) == ["files", "tokens", "routes", "joined-red03", "revoke"]
    for name in ADDRESSES:
        files = _files(plans[name])
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
    silent = {name: one.model_copy(update={"nodes": None}) for name, one in _all_done().items()}
    plans = _plan(**silent)

    assert {name: _ids(one) for name, one in plans.items()} == {
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
    there = _all_done()
    since = there["red01"].written_since | {unit: frozenset({path})}
    there["red01"] = there["red01"].model_copy(update={"written_since": since})
    plans = _plan(**there)

    assert _ids(plans["red01"]) == steps
    restarts = [one.action for one in plans["red01"].steps if isinstance(one, SetUnit)]
    assert restarts == ["restart"] * len(restarts)
    assert (_ids(plans["red"]), _ids(plans["red02"])) == ([], [])


def test_a_containerd_that_ran_before_us_is_restarted_once() -> None:
    """Cut off between our files and the restart: that it runs says nothing of what it has read."""
    there = _all_done()
    units = {name: one for name, one in there["red01"].units.items() if "containerd" not in name}
    since = {name: paths for name, paths in there["red01"].written_since.items() if name in units}
    there["red01"] = there["red01"].model_copy(update={"units": units, "written_since": since})
    (step,) = _plan(**there)["red01"].steps

    assert isinstance(step, SetUnit)
    assert (step.unit, step.action) == ("containerd.service", "restart")


def test_a_host_flashed_anew_takes_the_place_of_its_old_node() -> None:
    """The node of the old machine goes before the new one gets its token; no other node goes."""
    hosts = _hosts(**_all_done()) | {"red02": make.seen("red02", "10.0.0.3")}
    plan = install(make.cluster(*ADDRESSES), hosts, make.bundle())
    plans = {one.host: one for one in plan.hosts}
    ids = _ids(plans["red"])
    forget = next(step for step in plans["red"].steps if step.id == "forget-old")

    assert isinstance(forget, Run)
    assert forget.arguments == ("red02",)
    assert ids.index("forget-old") < ids.index("tokens")
    assert _ids(plans["red01"]) == []
    assert "join" in _ids(plans["red02"])
    assert "10.244.2.0/24" in _files(plans["red02"])["/etc/kuberry/host.json"]


def test_only_nodes_that_a_stop_has_closed_are_opened() -> None:
    """One that its user has closed stays closed."""
    there = _all_done()
    nodes = tuple(
        SeenNode(name=name, ready=True, switched_off=name == "red01") for name in ADDRESSES
    )
    there["red"] = there["red"].model_copy(update={"nodes": nodes})
    plans = _plan(**there)

    assert {name: _ids(one) for name, one in plans.items()} == {
        "red": ["open"],
        "red01": [],
        "red02": [],
    }
