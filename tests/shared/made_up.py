"""Hosts, wishes and bundles for tests of planners, made up from few words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from kuberry.distributions.seen import Seen
from kuberry.model.bundle import (
    Artifact,
    Binary,
    Bundle,
    Deb,
    ImageArchive,
    PlainFile,
    TargetSystem,
)
from kuberry.model.cluster import Cluster
from kuberry.model.facts import (
    Architecture,
    Cgroups,
    HostFacts,
    Identity,
    Interface,
    KernelModule,
    Network,
    OperatingSystem,
    Privileges,
    Route,
)
from kuberry.model.installed import Installed

DEBIAN = TargetSystem(id="debian", version_id="12")


def facts(name: str, address: str, **changes: Any) -> HostFacts:
    """Return the facts of a Debian 12 host; what planners do not ask for is unknown."""
    known: dict[str, Any] = dict.fromkeys(HostFacts.model_fields)
    known |= {
        "os": OperatingSystem(
            id="debian",
            version_id="12",
            pretty_name="Debian 12",
            codename="bookworm",
            raspberry_pi_os=False,
            image=None,
        ),
        "architecture": Architecture(machine="x86_64", userland="amd64", long_bit=64),
        "cgroups": Cgroups(version="v2", controllers=("cpu", "memory"), memory=True),
        "identity": Identity(hostname=name, machine_id=None, boot_id=name, uptime_s=1.0),
        "modules": (KernelModule(name="br_netfilter", state="loadable"),),
        "network": network(address),
        "privileges": Privileges(user="pi", root=True, reason=None),
        "unknown": (),
    }
    return HostFacts(**(known | changes))


def network(address: str, routes: Mapping[str, str] | None = None) -> Network:
    """Return the network of a host: eth0 in a /24, and *routes* (gateway by destination)."""
    interface = Interface(
        name="eth0",
        mac=None,
        mtu=1500,
        state="up",
        wireless=False,
        speed_mbps=None,
        addresses=(f"{address}/24",),
    )
    given = tuple(
        Route(destination=destination, gateway=gateway, interface="eth0", metric=None, family=4)
        for destination, gateway in (routes or {}).items()
    )
    return Network(interfaces=(interface,), routes=given, login_address=address)


def installed(**changes: Any) -> Installed:
    """Return what a fresh host holds: nothing of ours."""
    empty: dict[str, Any] = {
        "packages": {},
        "files": {},
        "units": {},
        "images": frozenset(),
        "record": None,
        "hosts_file": "127.0.0.1 localhost\n",
        "initialised": False,
        "joined": False,
        "nodes": None,
    }
    return Installed(**(empty | changes))


def seen(name: str, address: str, *, there: Installed | None = None, **changes: Any) -> Seen:
    """Return a host as a planner sees it."""
    return Seen(name=name, facts=facts(name, address, **changes), installed=there or installed())


def cluster(*hosts: str, version: str = "v1.20.2") -> Cluster:
    """Return the wish for a cluster of *hosts*, the first as control plane."""
    return Cluster(
        name="shelf",
        hosts=hosts,
        control_plane=hosts[0],
        control_plane_rule="the first host",
        version=version,
        bundle="test",
    )


def k3s_cluster(*hosts: str, version: str = "v1.36.3+k3s1", **changes: Any) -> Cluster:
    """Return the wish for a cluster of k3s."""
    wanted = {"distribution": "k3s", "network": "flannel", "pod_cidr": "10.42.0.0/16"}
    known = cluster(*hosts, version=version).model_dump()
    return Cluster(**(known | wanted | {"service_cidr": "10.43.0.0/16"} | changes))


def _digest(name: str) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(name.encode()).hexdigest(), "size_bytes": 1000}


def bundle(
    *, version: str = "v1.20.2", containerd: str = "1.6.20", manifest: str | None = None
) -> Bundle:
    """Return a complete small bundle for Debian 12 on amd64."""
    programs = [
        Binary(name=name, version=version, architecture="amd64", **_digest(name))
        for name in ("kubeadm", "kubelet", "kubectl", "crictl")
    ]
    images = [
        ImageArchive(
            name=name,
            version=version,
            architecture="amd64",
            images=(f"k8s.gcr.io/{name}:{version}",),
            **_digest(f"image {name}"),
        )
        for name in ("kube-apiserver", "etcd", "kube-proxy", "pause")
    ]
    debs = [
        Deb(name=name, version=number, architecture="amd64", system=DEBIAN, **_digest(name))
        for name, number in (("containerd", containerd), ("conntrack", "1.4.7"))
    ]
    files = (
        [PlainFile(name=manifest, version="1", architecture="any", **_digest(manifest))]
        if manifest
        else []
    )
    artifacts: tuple[Artifact, ...] = (*programs, *images, *debs, *files)
    return Bundle(
        name="test",
        distribution="kubeadm",
        version=version,
        created_from="nothing",
        artifacts=artifacts,
    )


def k3s_bundle(*, version: str = "v1.36.3+k3s1") -> Bundle:
    """Return a bundle of k3s for amd64 and arm64, as upstream's releases are made of."""
    artifacts: list[Artifact] = []
    for word in ("amd64", "arm64"):
        images = f"images {word}"
        artifacts += [
            Binary(name="k3s", version=version, architecture=word, **_digest(f"k3s {word}")),
            ImageArchive(
                name="k3s-airgap-images",
                version=version,
                architecture=word,
                images=("docker.io/rancher/mirrored-pause:3.6",),
                packing="tar.zst",
                **_digest(images),
            ),
            ImageArchive(
                name="probe",
                version="1",
                architecture=word,
                images=("localhost/kuberry/probe:1",),
                **_digest(f"probe {word}"),
            ),
        ]
    return Bundle(
        name="k3s",
        distribution="k3s",
        version=version,
        created_from="nothing",
        artifacts=tuple(artifacts),
    )
