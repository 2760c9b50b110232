"""Hosts that every preflight check is content with, and ways to spoil them one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import made_up as make
from kuberry.distributions.seen import Seen
from kuberry.model.bundle import Bundle, ImageArchive
from kuberry.model.cluster import Cluster
from kuberry.model.facts import (
    Board,
    Clock,
    FileSystem,
    HostFacts,
    Identity,
    InitSystem,
    Interface,
    KubernetesTraces,
    Memory,
    Network,
    OperatingSystem,
    Processor,
)
from kuberry.model.installed import Installed
from kuberry.preflight import CHECKS, run

ADDRESSES = {"red": "10.0.0.1", "red01": "10.0.0.2", "red02": "10.0.0.3"}
GIB = 2**30
MIB = 2**20


def clock(offset_s: float, *, uncertainty_s: float = 0.0) -> Clock:
    """Return a clock that is *offset_s* ahead of the controller's."""
    return Clock(epoch_s=0.0, offset_s=offset_s, uncertainty_s=uncertainty_s, synchronised=True)


def disk(free_bytes: int, *, total_bytes: int = 32 * GIB, read_only: bool = False) -> FileSystem:
    """Return the file system of /var/lib."""
    return FileSystem(
        path="/var/lib",
        source="/dev/mmcblk0p2",
        type="ext4",
        mount_point="/",
        total_bytes=total_bytes,
        free_bytes=free_bytes,
        read_only=read_only,
    )


def memory(total_bytes: int, *, limit_bytes: int | None = None) -> Memory:
    """Return memory of that size."""
    return Memory(total_bytes=total_bytes, available_bytes=None, limit_bytes=limit_bytes)


def network(name: str, *addresses: str, login: str | None = None) -> Network:
    """Return a host's network; the hardware address is made of *name*."""
    interface = Interface(
        name="eth0",
        mac=f"dc:a6:32:00:00:{sum(name.encode()) % 256:02x}",
        mtu=1500,
        state="up",
        wireless=False,
        speed_mbps=1000,
        addresses=addresses,
    )
    return Network(
        interfaces=(interface,),
        routes=(),
        login_address=login or addresses[0].partition("/")[0],
    )


def identity(name: str, **changes: Any) -> Identity:
    """Return who a host is."""
    known: dict[str, Any] = {
        "hostname": name,
        "machine_id": f"id-{name}",
        "boot_id": f"boot-{name}",
        "uptime_s": 1.0,
    }
    return Identity(**(known | changes))


def system(identifier: str, version: str | None) -> OperatingSystem:
    """Return an operating system."""
    return OperatingSystem(
        id=identifier,
        version_id=version,
        pretty_name=f"{identifier} {version}",
        codename=None,
        raspberry_pi_os=False,
        image=None,
    )


def traces(**changes: Any) -> KubernetesTraces:
    """Return the traces of no Kubernetes."""
    none: dict[str, Any] = {"units": (), "paths": (), "cni_configurations": ()}
    return KubernetesTraces(**(none | changes))


def host(name: str, *, there: Installed | None = None, **changes: Any) -> Seen:
    """Return a host that is fit for everything, but for *changes* of its facts."""
    address = ADDRESSES.get(name, "10.0.0.9")
    fit: dict[str, Any] = {
        "board": Board(model="Raspberry Pi 5 Model B Rev 1.0", serial="1"),
        "processor": Processor(count=4, quota=None),
        "memory": memory(8 * GIB),
        "disks": (disk(20 * GIB),),
        "identity": identity(name),
        "clock": clock(0.0),
        "network": network(name, f"{address}/24"),
        "ports": (),
        "kubernetes": traces(),
        "init": InitSystem(name="systemd", state="running", failed_units=(), reboot_required=False),
    }
    return make.seen(name, address, there=there, **(fit | changes))


def bundle(
    *,
    version: str = "v1.20.2",
    containerd: str = "1.6.20",
    without: str = "",
    manifest: str | None = None,
) -> Bundle:
    """Return a bundle that has all a host needs, but for the piece called *without*."""
    base = make.bundle(version=version, containerd=containerd, manifest=manifest)
    archive = next(one for one in base.artifacts if isinstance(one, ImageArchive))
    deb = next(one for one in base.artifacts if one.kind == "deb")
    more = [
        *(deb.model_copy(update={"name": name}) for name in ("iptables", "kubernetes-cni")),
        *(
            archive.model_copy(update={"name": name, "images": (f"k8s.gcr.io/{name}:1",)})
            for name in ("kube-controller-manager", "kube-scheduler")
        ),
    ]
    pieces = tuple(one for one in (*base.artifacts, *more) if one.name != without)
    return base.model_copy(update={"artifacts": pieces})


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What a check found, in the few words tests compare."""

    code: str
    severity: str
    host: str | None


def check(
    *hosts: Seen, pieces: Bundle | None = None, wish: Mapping[str, Any] | None = None
) -> list[Found]:
    """Return what preflight finds on *hosts* (the first is the control plane)."""
    cluster: Cluster = make.cluster(*(one.name for one in hosts)).model_copy(
        update=dict(wish or {})
    )
    seen = {one.name: one for one in hosts}
    findings = run(cluster, seen, pieces or bundle(version=cluster.version))
    assert all(one.proof and one.remedy for one in findings)
    announced = {(one.code, severity) for one in CHECKS for severity in one.severities}
    assert {(one.code, one.severity) for one in findings} <= announced
    return [Found(one.code, one.severity.value, one.host) for one in findings]


def unseen(facts: HostFacts, subject: str) -> HostFacts:
    """Return *facts* without *subject*."""
    return facts.model_copy(update={subject: None})
