"""From wish, hosts and a bundle of k3s to a plan: order, files, secrets, and what is left out."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import Any

import pytest
import yaml

import made_up as make
from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import install
from kuberry.distributions.seen import NotSeen, Seen
from kuberry.model.cluster import Cluster, K3sWish
from kuberry.model.facts import Architecture, FileSystem, Interface, Program, Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.model.plan import Captured, HostPlan, Plan, PutArtifact, Run, SetUnit, WriteFiles
from planned import files_of, ids_of

ADDRESSES = {"red": "10.0.0.1", "red01": "10.0.0.2", "red02": "10.0.0.3"}
LINKS = tuple(
    Program(name=name, path=f"/usr/local/bin/{name}", version=None) for name in ("k3s", *at.LINKS)
)
NODES = tuple(SeenNode(name=name, ready=True) for name in ADDRESSES)


def _hosts(there: dict[str, Installed], **facts: Any) -> dict[str, Seen]:
    return {
        name: make.seen(
            name,
            address,
            there=there.get(name),
            programs=LINKS if name in there else (),
            **facts,
        )
        for name, address in ADDRESSES.items()
    }


def _plan(
    there: dict[str, Installed] | None = None, wish: Cluster | None = None, **facts: Any
) -> dict[str, HostPlan]:
    wish = wish or make.k3s_cluster(*ADDRESSES)
    plan = install(wish, _hosts(there or {}, **facts), make.k3s_bundle())
    return {one.host: one for one in plan.hosts}


def _kept(path: str, text: str) -> KeptFile:
    return KeptFile(path=path, sha256=hashlib.sha256(text.encode()).hexdigest(), mode="644")


def _done(plan: HostPlan) -> Installed:
    """Return what a host holds once *plan* is done."""
    files = {path: _kept(path, text) for path, text in files_of(plan).items()}
    for step in plan.steps:
        if isinstance(step, PutArtifact):
            digest = step.artifact.sha256
            files[step.path] = KeptFile(path=step.path, sha256=digest, mode="755")
    is_server = plan.host == "red"
    unit = at.SERVER_UNIT if is_server else at.AGENT_UNIT
    return make.installed(
        files=files,
        units={unit: Unit(name=unit, active="active", enabled="enabled")},
        record=HostRecord(cluster="shelf"),
        hosts_file=files_of(plan)["/etc/hosts"],
        initialised=is_server,
        joined=not is_server,
        nodes=NODES if is_server else None,
        is_recorded=True,
        written_since={unit: frozenset()},
    )


def _all_done() -> dict[str, Installed]:
    return {name: _done(plan) for name, plan in _plan().items()}


def test_the_server_comes_up_before_anybody_waits_for_it() -> None:
    """Everything is there before its unit starts; its start is not waited for but looked after."""
    assert ids_of(_plan()["red"]) == [
        "before", "files", "put-k3s", "put-k3s-airgap-images", "put-probe", "links",
        "tokens", "k3s", "serve", "ready",
    ]  # fmt: skip


def test_agents_are_staged_while_the_server_starts() -> None:
    """Only the token waits for the server, and nothing but the start comes after it."""
    assert ids_of(_plan()["red01"]) == [
        "before", "files", "put-k3s", "put-k3s-airgap-images", "put-probe", "links",
        "token", "k3s", "ready",
    ]  # fmt: skip


def test_no_start_of_k3s_blocks() -> None:
    """A unit of k3s is up only when its node is, which may be never."""
    units = [one for plan in _plan().values() for one in plan.steps if isinstance(one, SetUnit)]
    assert [(one.unit, one.waits) for one in units] == [
        ("k3s.service", False), ("k3s-agent.service", False), ("k3s-agent.service", False),
    ]  # fmt: skip


def test_a_cluster_that_is_there_is_left_alone() -> None:
    """The same wish again has nothing to do."""
    assert [ids_of(plan) for plan in _plan(_all_done()).values()] == [[], [], []]


def test_the_server_is_told_everything_by_its_file() -> None:
    """Address and interface are those we are logged in to; tokens are in files of their own."""
    text = files_of(_plan()["red"])[at.CONFIG]

    assert yaml.safe_load(text) == {
        "node-name": "red",
        "node-ip": "10.0.0.1",
        "flannel-iface": "eth0",
        "token-file": "/etc/rancher/k3s/token",
        "agent-token-file": "/etc/rancher/k3s/agent-token",
        "tls-san": ["api.shelf.kuberry.internal", "10.0.0.1", "red", "127.0.0.1"],
        "write-kubeconfig-mode": "0600",
        "secrets-encryption": True,
        "cluster-cidr": "10.42.0.0/16",
        "service-cidr": "10.43.0.0/16",
        "flannel-backend": "vxlan",
    }


def test_an_agent_knows_its_server_by_a_name_that_stays() -> None:
    """The name is in /etc/hosts and in the server's certificate."""
    files = files_of(_plan()["red01"])

    assert yaml.safe_load(files[at.CONFIG]) == {
        "node-name": "red01",
        "node-ip": "10.0.0.2",
        "flannel-iface": "eth0",
        "server": "https://api.shelf.kuberry.internal:6443",
        "token-file": "/etc/rancher/k3s/agent-token",
    }
    assert "10.0.0.1 api.shelf.kuberry.internal\n" in files["/etc/hosts"]


def test_the_interface_is_the_one_that_owns_the_address() -> None:
    """A Pi with cable and Wi-Fi uses the one that we came by."""
    given = {"mac": None, "mtu": 1500, "state": "up", "wireless": False, "speed_mbps": None}
    cable = Interface(name="eth0", addresses=("192.168.7.5/24",), **given)
    air = Interface(name="wlan0", addresses=("10.0.0.1/24",), **given)
    network = make.network("10.0.0.1").model_copy(update={"interfaces": (cable, air)})
    wish = make.k3s_cluster("red")
    plan = install(wish, {"red": make.seen("red", "10.0.0.1", network=network)}, make.k3s_bundle())

    assert yaml.safe_load(files_of(plan.hosts[0])[at.CONFIG])["flannel-iface"] == "wlan0"


def test_a_token_is_in_no_plan() -> None:
    """The plan holds its name; the file is the owner's alone, and so is the configuration."""
    plan = _plan()["red01"]
    files = [one for step in plan.steps if isinstance(step, WriteFiles) for one in step.files]
    modes = {one.path: one.mode for one in files}
    token = next(one for one in files if one.path == at.AGENT_TOKEN)

    assert token.content == (Captured(captured="agent-token"), "\n")
    assert (modes[at.AGENT_TOKEN], modes[at.CONFIG]) == (0o600, 0o600)
    assert not token.volatile  # k3s reads it at every start


def test_archives_are_named_as_they_are_packed() -> None:
    """k3s goes by the end of the name, and takes what fits the host's architecture."""
    system = Architecture(machine="aarch64", userland="arm64", long_bit=64)
    plan = _plan(architecture=system)["red"]
    steps = [one for one in plan.steps if isinstance(one, PutArtifact)]

    assert [(one.artifact.architecture, one.path, one.mode) for one in steps] == [
        ("arm64", "/usr/local/bin/k3s", 0o755),
        ("arm64", f"{at.IMAGES}/k3s-airgap-images.tar.zst", 0o644),
        ("arm64", f"{at.IMAGES}/probe.tar", 0o644),
    ]


def test_what_is_not_wished_for_is_left_out_by_k3s() -> None:
    """All that k3s brings is there unless it is named; its backends have names of their own."""
    wish = make.k3s_cluster(
        *ADDRESSES, network="host-gw", k3s=K3sWish(without=("traefik", "servicelb"))
    )
    value = yaml.safe_load(files_of(_plan(wish=wish)["red"])[at.CONFIG])

    assert (value["disable"], value["flannel-backend"]) == (["traefik", "servicelb"], "host-gw")


def test_mirrors_are_on_every_host() -> None:
    """The embedded registry serves what is named in registries.yaml, on every node."""
    wish = make.k3s_cluster(
        *ADDRESSES,
        k3s=K3sWish(mirrors={"docker.io": ("http://10.0.0.9:5000",)}, embedded_registry=True),
    )
    plans = _plan(wish=wish)

    assert [yaml.safe_load(files_of(one)[at.REGISTRIES]) for one in plans.values()] == [
        {"mirrors": {"docker.io": {"endpoint": ["http://10.0.0.9:5000"]}, "*": {}}}
    ] * 3
    flags = [yaml.safe_load(files_of(one)[at.CONFIG]) for one in plans.values()]
    assert ["embedded-registry" in one for one in flags] == [True, False, False]


def test_without_a_wish_there_is_no_registry_file() -> None:
    """An older k3s knows no embedded registry, and is not asked for one."""
    assert at.REGISTRIES not in files_of(_plan()["red"])
    assert "embedded-registry" not in files_of(_plan()["red"])[at.CONFIG]


def test_a_network_that_k3s_has_not_is_refused() -> None:
    """Nothing else is taken instead."""
    with pytest.raises(NotSeen, match="flannel or host-gw"):
        _plan(wish=make.k3s_cluster(*ADDRESSES, network="manifest"))


def test_a_bundle_without_k3s_is_refused() -> None:
    """Of the right architecture, too."""
    system = Architecture(machine="armv7l", userland="armhf", long_bit=32)
    with pytest.raises(NotSeen, match="has no k3s for red"):
        _plan(architecture=system)


def test_a_new_agent_gets_the_token_of_a_server_that_is_left_alone() -> None:
    """The server is not started again; it only tells the token."""
    there = _all_done()
    del there["red02"]
    nodes = tuple(SeenNode(name=name, ready=True) for name in ("red", "red01"))
    there["red"] = there["red"].model_copy(update={"nodes": nodes})
    plans = _plan(there)

    assert (ids_of(plans["red"]), ids_of(plans["red01"])) == (["serve"], [])
    assert ids_of(plans["red02"])[-3:] == ["token", "k3s", "ready"]


def test_a_deleted_node_joins_again() -> None:
    """Its unit runs, and is started anew with a token of today."""
    there = _all_done()
    there["red"] = there["red"].model_copy(update={"nodes": NODES[:2]})
    plans = _plan(there)
    unit = next(one for one in plans["red02"].steps if isinstance(one, SetUnit))

    assert ids_of(plans["red02"]) == ["token", "k3s", "ready"]
    assert unit.action == "restart"


def test_another_configuration_restarts_what_reads_it() -> None:
    """Only on the host that it is for; nobody joins again."""
    there = _all_done()
    kept = there["red01"].files | {at.CONFIG: _kept(at.CONFIG, "other")}
    there["red01"] = there["red01"].model_copy(update={"files": kept})
    plans = _plan(there)
    unit = next(one for one in plans["red01"].steps if isinstance(one, SetUnit))

    assert [ids_of(one) for one in plans.values()] == [[], ["files", "k3s", "ready"], []]
    assert unit.action == "restart"


def test_another_name_in_the_hosts_file_restarts_nothing() -> None:
    """It is read whenever a name is looked up."""
    there = _all_done()
    there["red01"] = there["red01"].model_copy(update={"hosts_file": "127.0.0.1 localhost\n# x\n"})

    assert ids_of(_plan(there)["red01"]) == ["files"]


def test_a_server_that_is_down_is_started_and_waited_for() -> None:
    """Agents find it again by themselves; nobody has seen them Ready, so they are waited for."""
    there = _all_done()
    down = {at.SERVER_UNIT: Unit(name=at.SERVER_UNIT, active="inactive", enabled="enabled")}
    there["red"] = there["red"].model_copy(update={"units": down, "nodes": None})

    assert [ids_of(one) for one in _plan(there).values()] == [
        ["k3s", "serve", "ready"],
        ["ready"],
        ["ready"],
    ]


def test_only_a_container_gets_what_a_container_needs() -> None:
    """Elsewhere the limits are those of the installer."""
    path = "/etc/systemd/system/k3s.service.d/kuberry.conf"
    assert path not in files_of(_plan()["red"])
    assert path in files_of(_plan(virtualization="systemd-nspawn")["red"])


def test_the_units_are_the_installers() -> None:
    """Stopping k3s leaves pods running, and no start of systemd's gives up on a slow card."""
    server, agent = files_of(_plan()["red"]), files_of(_plan()["red01"])
    text = server["/etc/systemd/system/k3s.service"]

    assert "ExecStart=/usr/local/bin/k3s server\n" in text
    assert "ExecStart=/usr/local/bin/k3s agent\n" in agent["/etc/systemd/system/k3s-agent.service"]
    for line in ("Type=notify", "KillMode=process", "Delegate=yes", "TimeoutStartSec=0"):
        assert f"{line}\n" in text


def _scripts() -> list[Any]:
    plans = [Plan(title="", hosts=tuple(_plan().values()))]
    steps = [one for plan in plans for host in plan.hosts for one in host.steps]
    return [one for one in steps if isinstance(one, Run)]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_every_script_is_sound_shell(shell: str) -> None:
    """None is found to be broken only on a host."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    for step in _scripts():
        done = subprocess.run(
            [shell, "-n"], input=step.script, capture_output=True, text=True, check=False
        )
        assert (step.id, done.returncode, done.stderr) == (step.id, 0, "")


def test_a_machine_flashed_anew_finds_its_old_node_and_password_gone() -> None:
    """The server refuses an old name with a new password: both go before the token is told."""
    there = {name: one for name, one in _all_done().items() if name != "red02"}
    plans = _plan(there)
    forget = next(step for step in plans["red"].steps if step.id == "forget-red02")

    assert ids_of(plans["red"]) == ["forget-red02", "serve"]
    assert isinstance(forget, Run)
    assert forget.arguments == ("red02", "0", "")
    assert "node-password.k3s" in forget.script
    assert "token" in ids_of(plans["red02"])
    assert ids_of(plans["red01"]) == []


@pytest.mark.parametrize(("kind", "snapshotter"), [("overlay", "native"), ("ext4", None)])
def test_no_overlay_is_laid_upon_another(kind: str, snapshotter: str | None) -> None:
    """k3s ends at once where its data lies on an overlay, as in containers, unless it is told."""
    disk = FileSystem(
        path="/var/lib",
        source=kind,
        type=kind,
        mount_point="/",
        total_bytes=1 << 35,
        free_bytes=1 << 34,
        read_only=False,
    )
    for plan in _plan(disks=(disk,)).values():
        assert yaml.safe_load(files_of(plan)[at.CONFIG]).get("snapshotter") == snapshotter
