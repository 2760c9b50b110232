"""Plans of kubeadm for three hosts, and what the hosts hold once they are done."""

from __future__ import annotations

import hashlib
from typing import Any

import yaml

import made_up as make
from kuberry.distributions.kubeadm import install
from kuberry.distributions.seen import Seen
from kuberry.model.facts import KernelModule, Unit
from kuberry.model.installed import HostRecord, Installed, KeptFile, SeenNode
from kuberry.model.plan import HostPlan, InstallPackages, LoadImages, PutArtifact
from planned import files_of

ADDRESSES = {"red": "10.0.0.1", "red01": "10.0.0.2", "red02": "10.0.0.3"}
NETWORKS = {"red": "10.244.0.0/24", "red01": "10.244.1.0/24", "red02": "10.244.2.0/24"}
LOADED = tuple(KernelModule(name=name, state="loaded") for name in ("overlay", "br_netfilter"))


def hosts_of(**there: Installed) -> dict[str, Seen]:
    """Return three hosts; *there* says what some of them hold already."""
    hosts = {}
    for name, address in ADDRESSES.items():
        peers = [other for other in ADDRESSES if other != name]
        routes = {NETWORKS[peer]: ADDRESSES[peer] for peer in peers} if name in there else {}
        network = make.network(address, routes)
        loaded = {"modules": LOADED} if name in there else {}
        hosts[name] = make.seen(name, address, there=there.get(name), network=network, **loaded)
    return hosts


def plan_of(**there: Installed) -> dict[str, HostPlan]:
    """Return what is planned for each of them."""
    plan = install(make.cluster(*ADDRESSES), hosts_of(**there), make.bundle())
    return {one.host: one for one in plan.hosts}


def done(plan: HostPlan, *, nodes: tuple[SeenNode, ...] | None) -> Installed:
    """Return what a host holds once *plan* is done."""
    files = {
        path: KeptFile(path=path, sha256=hashlib.sha256(text.encode()).hexdigest(), mode="644")
        for path, text in files_of(plan).items()
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
    record = yaml.safe_load(files_of(plan)["/etc/kuberry/host.json"])
    return make.installed(
        packages=packages,
        files=files,
        units={name: Unit(name=name, active="active", enabled="enabled") for name in units},
        images=frozenset(images),
        record=HostRecord.model_validate(record),
        hosts_file=files_of(plan)["/etc/hosts"],
        initialised=plan.host == "red",
        joined=plan.host != "red",
        nodes=nodes,
        written_since=dict.fromkeys(units, frozenset()),
    )


def all_done() -> dict[str, Installed]:
    """Return what the three hosts hold after a run."""
    nodes = tuple(SeenNode(name=name, ready=True) for name in ADDRESSES)
    plans = plan_of()
    return {
        name: done(plan, nodes=nodes if name == "red" else None) for name, plan in plans.items()
    }


def changed(done: dict[str, Installed], host: str, **changes: Any) -> dict[str, Installed]:
    """Return *done* with *changes* to what *host* holds."""
    return done | {host: done[host].model_copy(update=changes)}
