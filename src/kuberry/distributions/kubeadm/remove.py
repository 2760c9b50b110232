"""From what was seen to a plan that takes hosts out of a cluster and brings them back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping

from kuberry.distributions.files import hosts_file
from kuberry.distributions.kubeadm import remove_text as text
from kuberry.distributions.kubeadm.configuration import ADMINISTRATOR
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT, routes_script
from kuberry.distributions.leaving import Farewell, Terms, farewell
from kuberry.distributions.seen import Seen
from kuberry.distributions.traces import SETTINGS, is_of_kubernetes
from kuberry.distributions.traces_text import REMOVE_NETWORK, forget_node
from kuberry.model.cluster import Cluster
from kuberry.model.difference import Difference
from kuberry.model.plan import Clear, File, HostPlan, Plan, Restore, Run, Step, WriteFiles

PLACES = (
    "/etc/kubernetes",
    "/etc/cni",
    "/opt/cni",
    "/root/.kube",
    "/usr/libexec/kubernetes",
    "/var/lib/cni",
    "/var/lib/calico",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
)
"""Where kubeadm, the kubelet, etcd, kubectl and network add-ons keep what they keep."""
CONTAINERD = "/usr/local/bin/containerd"
"""Where it lies when it came as a program of a bundle."""
CONTAINERD_PLACES = ("/etc/containerd", "/opt/containerd", "/var/lib/containerd")
"""Where containerd does, when it came with us."""

_REMOVAL_S = 300.0


def remove(
    cluster: Cluster,
    hosts: Mapping[str, Seen],
    leaving: Collection[str],
    terms: Terms = Terms(),  # noqa: B008 -- it is frozen
) -> Plan:
    """Return what takes *leaving* out of *cluster*; empty when they hold nothing of ours.

    Args:
        hosts: By name: those that leave, and of those that stay the ones that can be reached.
        terms: What is done about pods that stay, and about hosts that are dead.

    Raises:
        NotSeen: A fact it needs is not known.
    """
    all_of = farewell(cluster, hosts, frozenset(leaving), terms)
    plans = [HostPlan(host=name, steps=tuple(_stay(all_of, name))) for name in all_of.staying]
    plans += [
        HostPlan(host=name, steps=(*_leave(all_of, hosts[name]),))
        for name in hosts
        if name in leaving
    ]
    return Plan(title="reset", hosts=tuple(plans))


def is_ours(cluster: Cluster, difference: Difference, host: Seen) -> bool:
    """Return whether we, or what we installed, may have made *difference*."""
    return is_of_kubernetes(cluster, difference, host, (*PLACES, *CONTAINERD_PLACES))


def _stay(all_of: Farewell, name: str) -> Iterator[Step]:
    """Yield what a host that stays has to forget."""
    host = all_of.staying[name]
    if name == all_of.cluster.control_plane and all_of.has_api:
        yield from all_of.forgets(forget_node(ADMINISTRATOR))
    goes = bool(all_of.gone or all_of.dead)
    changed = tuple(_changed(host, _files_without(all_of, host))) if goes else ()
    networks = _networks(all_of)
    if changed or networks:
        yield from all_of.waits(name)
    if changed:
        yield WriteFiles(id="files", title=f"write {len(changed)} files", files=changed)
    if networks:
        yield Run(
            id="forget-routes",
            title="forget the routes to them",
            script=text.FORGET_ROUTES,
            arguments=networks,
        )


def _networks(all_of: Farewell) -> tuple[str, ...]:
    """Return the pod networks that go with the hosts."""
    records = (one.installed.record for one in all_of.gone.values())
    found = [one.pod_cidr for one in records if one]
    return tuple(
        network for network in (*found, *(one.network for one in all_of.dead.values())) if network
    )


def _files_without(all_of: Farewell, host: Seen) -> Iterator[tuple[str, str, int]]:
    """Yield path, text and mode of what names the other hosts, for the hosts that stay."""
    if all_of.cluster.control_plane not in all_of.staying or not host.installed.is_ours:
        return
    yield "/etc/hosts", hosts_file(host.installed.hosts_file, all_of.names()), 0o644
    if ROUTES_SCRIPT in host.installed.files:
        peers = {
            one.address: one.installed.record.pod_cidr
            for one in all_of.staying.values()
            if one.name != host.name and one.installed.record and one.installed.record.pod_cidr
        }
        peers |= {one.address: one.network for one in all_of.lost if one.network}
        script = routes_script(all_of.cluster, host, dict(sorted(peers.items())))
        yield ROUTES_SCRIPT, script, 0o755


def _changed(host: Seen, files: Iterator[tuple[str, str, int]]) -> Iterator[File]:
    for path, content, mode in files:
        if not host.installed.has_file(path, hashlib.sha256(content.encode()).hexdigest()):
            yield File(path=path, content=(content,), mode=mode)


def _leave(all_of: Farewell, host: Seen) -> Iterator[Step]:
    """Yield what brings a host back; without a record of its state nothing was changed yet."""
    if not host.installed.is_recorded:
        return
    yield from all_of.waits(host.name)
    yield Restore(id="idle-units", title="stop the units that came with kuberry", what="idle-units")
    yield _run("kubeadm-reset", "undo what kubeadm did", text.KUBEADM_RESET)
    yield _run("containers", "end and remove the containers", text.REMOVE_CONTAINERS)
    network = (all_of.cluster.pod_cidr,)
    yield _run(
        "network", "remove links, routes and rules", text.REMOVE_ROUTES + REMOVE_NETWORK, network
    )
    brought = {"containerd", "containerd.io"} & host.installed.added_packages
    has_own_containerd = bool(brought) or CONTAINERD in host.installed.files
    if not has_own_containerd:
        yield Restore(id="images", title="remove the images", what="images")
    yield Restore(id="files", title="put the files back", what="files")
    if host.installed.added_packages:
        count = len(host.installed.added_packages)
        yield Restore(id="packages", title=f"remove {count} packages", what="packages")
    places = PLACES + (CONTAINERD_PLACES if has_own_containerd else ())
    yield Clear(id="places", title="remove what Kubernetes kept", paths=places)
    yield Restore(id="settings", title="set the kernel back", what="settings", names=SETTINGS)
    yield Restore(id="units", title="start the units that ran before", what="units")


def _run(step_id: str, title: str, script: str, arguments: tuple[str, ...] = ()) -> Run:
    return Run(id=step_id, title=title, script=script, arguments=arguments, deadline_s=_REMOVAL_S)
