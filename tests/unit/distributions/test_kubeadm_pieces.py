"""What of a bundle goes where: packages, plugins, the pods' network, cluster DNS."""

from __future__ import annotations

import dataclasses
import json

import pytest

import made_up as make
from kubeadm_plans import ADDRESSES, hosts_of, plan_of
from kuberry.distributions.kubeadm import install
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT
from kuberry.model.bundle import ImageArchive
from kuberry.model.plan import InstallPackages, Run, SetUnit, WriteFiles
from planned import files_of


@pytest.mark.parametrize(
    ("there", "missing"),
    [("containerd.io", {"conntrack"}), ("docker.io", {"containerd", "conntrack"})],
)
def test_dockers_containerd_stays(there: str, missing: set[str]) -> None:
    """Or dpkg would install none of Debian's beside it: they conflict."""
    seen = hosts_of(red=make.installed(packages={there: "1.7.29-1~debian.12"}))
    steps = install(make.cluster(*ADDRESSES), seen, make.bundle()).hosts[0].steps
    (step,) = (one for one in steps if isinstance(one, InstallPackages))

    assert {one.name for one in step.packages} == missing


@pytest.mark.parametrize(
    ("packages", "directory"),
    [
        ({"kubernetes-cni": "1.3.0-1.1"}, "/opt/cni/bin"),
        ({"containernetworking-plugins": "1.1.1"}, "/usr/lib/cni"),
        ({"containernetworking-plugins": "1.1.1", "kubernetes-cni": "1.3.0-1.1"}, "/usr/lib/cni"),
    ],
)
def test_plugins_are_looked_for_where_their_package_has_them(
    packages: dict[str, str], directory: str
) -> None:
    """Debian's and Kubernetes' own packages differ in that."""
    seen = hosts_of(red=make.installed(packages=packages))
    files = files_of(install(make.cluster(*ADDRESSES), seen, make.bundle()).hosts[0])

    assert f'bin_dir = "{directory}"' in files["/etc/containerd/config.toml"]


@pytest.mark.parametrize(
    ("package", "forwards"), [("containernetworking-plugins", 16), ("kubernetes-cni", 0)]
)
def test_a_network_add_on_has_plugins_in_one_place(package: str, forwards: int) -> None:
    """An add-on puts its own into /opt/cni/bin, so Debian's are handed over to from there."""
    wish = make.cluster(*ADDRESSES).model_copy(update={"network": "manifest"})
    seen = hosts_of(red=make.installed(packages={package: "1.1.1"}))
    plan = install(wish, seen, make.bundle(manifest="flannel.yml")).hosts[0]
    written = [one for one in plan.steps if isinstance(one, WriteFiles)]
    put = [one for one in written[0].files if one.path.startswith("/opt/cni/bin/")]

    assert 'bin_dir = "/opt/cni/bin"' in files_of(plan)["/etc/containerd/config.toml"]
    assert ({one.mode for one in put}, len(put)) == ({0o755} if forwards else set(), forwards)
    if forwards:
        text = files_of(plan)["/opt/cni/bin/host-local"]
        assert text == '#!/bin/sh\nexec /usr/lib/cni/host-local "$@"\n'


def test_pods_are_bridged_and_keep_their_addresses() -> None:
    """A bridge as gateway, addresses of the host's own /24, its link's MTU, ports mapped."""
    seen = hosts_of()
    jumbo = seen["red01"].facts.network
    assert jumbo is not None
    interface = jumbo.interfaces[0].model_copy(update={"mtu": 9000})
    facts = seen["red01"].facts.model_copy(
        update={"network": jumbo.model_copy(update={"interfaces": (interface,)})}
    )
    seen["red01"] = dataclasses.replace(seen["red01"], facts=facts)
    plan = install(make.cluster(*ADDRESSES), seen, make.bundle()).hosts[1]
    bridge, ports = json.loads(files_of(plan)["/etc/cni/net.d/10-kuberry.conflist"])["plugins"]

    assert (bridge["type"], bridge["isGateway"], bridge["mtu"]) == ("bridge", True, 9000)
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]
    assert (ports["type"], ports["capabilities"]) == ("portmap", {"portMappings": True})


def test_routes_come_with_every_boot() -> None:
    """Their unit is enabled, runs the script, and comes before the kubelet."""
    plan = plan_of()["red01"]
    unit = files_of(plan)["/etc/systemd/system/kuberry-routes.service"].splitlines()
    (step,) = (one for one in plan.steps if isinstance(one, SetUnit) and one.id == "routes")

    assert {
        "Before=kubelet.service",
        "WantedBy=multi-user.target",
        f"ExecStart={ROUTES_SCRIPT}",
    } <= {*unit}
    assert (step.unit, step.action) == ("kuberry-routes.service", "restart")


@pytest.mark.parametrize(
    "image", ["k8s.gcr.io/coredns:1.7.0", "registry.k8s.io/coredns/coredns:v1.12"]
)
def test_cluster_dns_is_deployed_when_the_bundle_has_it(image: str) -> None:
    """Both its old name and its new one; without it kubeadm leaves that phase out."""
    bundle = make.bundle()
    archive = next(one for one in bundle.artifacts if isinstance(one, ImageArchive))
    dns = archive.model_copy(update={"name": "coredns", "images": (image,)})
    whole = bundle.model_copy(update={"artifacts": (*bundle.artifacts, dns)})
    found = []
    for pieces in (bundle, whole):
        steps = install(make.cluster(*ADDRESSES), hosts_of(), pieces).hosts[0].steps
        runs = {one.id: one for one in steps if isinstance(one, Run)}
        found.append((runs["init"].arguments[-1], runs["check-images"].arguments))

    assert found == [
        ("addon/coredns", ("v1.20.2", "*/coredns:*")),
        ("", ("v1.20.2", "")),
    ]
