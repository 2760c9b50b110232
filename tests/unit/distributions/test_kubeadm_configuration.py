"""What kubeadm, the kubelet and containerd read, in the words of their versions."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

import made_up as make
from kubeadm_plans import plan_of
from kuberry.distributions.kubeadm import install
from kuberry.distributions.kubeadm.configuration import api_version, init_configuration
from kuberry.model.facts import Cgroups
from planned import files_of


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
    config = tomllib.loads(files_of(plan)["/etc/containerd/config.toml"])

    assert config["version"] == version
    assert "k8s.gcr.io/pause:v1.31.0" in str(config["plugins"][plugin])


def test_a_lab_host_gets_what_a_container_needs_and_no_other_does() -> None:
    """Settings for containers are decided by what is seen, not by name."""
    limits = "/etc/systemd/system/containerd.service.d/kuberry.conf"
    hosts = {"red": make.seen("red", "10.0.0.1", virtualization="systemd-nspawn")}
    inside = install(make.cluster("red"), hosts, make.bundle()).hosts[0]

    assert limits in files_of(inside)
    # An empty limit is no reset: "Failed to parse resource value, ignoring" (systemd 252).
    assert not [line for line in files_of(inside)[limits].splitlines() if line.endswith("=")]
    assert "maxPerCore" in files_of(inside)["/run/kuberry/init.yaml"]
    assert limits not in files_of(plan_of()["red"])
    assert "maxPerCore" not in files_of(plan_of()["red"])["/run/kuberry/init.yaml"]


def test_the_api_has_a_name_of_ours_from_the_first_day() -> None:
    """A virtual address can take it over later: nobody ever asks for the host itself."""
    cluster = _documents("v1.31.0", "red", "red01")["ClusterConfiguration"]
    join = yaml.safe_load(files_of(plan_of()["red01"])["/run/kuberry/join.yaml"])

    assert cluster["controlPlaneEndpoint"] == "api.shelf.kuberry.internal:6443"
    token = join["discovery"]["bootstrapToken"]
    assert token["apiServerEndpoint"] == cluster["controlPlaneEndpoint"]
    for plan in plan_of().values():
        assert "10.0.0.1 api.shelf.kuberry.internal\n" in files_of(plan)["/etc/hosts"]


@pytest.mark.parametrize(("network", "word"), [("host-gw", "false"), ("manifest", "true")])
def test_with_plain_routes_pod_networks_are_given_out_by_us(network: str, word: str) -> None:
    """Kubernetes would give out others than those that are recorded on the hosts."""
    wish = make.cluster("red").model_copy(update={"network": network})
    text = init_configuration(wish, make.seen("red", "10.0.0.1"))
    (cluster,) = (one for one in yaml.safe_load_all(text) if one["kind"] == "ClusterConfiguration")

    assert cluster["controllerManager"]["extraArgs"] == {"allocate-node-cidrs": word}
