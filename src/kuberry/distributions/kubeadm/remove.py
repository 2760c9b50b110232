"""From what was seen to a plan that takes hosts out of a cluster and brings them back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping

from kuberry.distributions.files import hosts_file
from kuberry.distributions.kubeadm import remove_text as text
from kuberry.distributions.kubeadm.configuration import ADMINISTRATOR
from kuberry.distributions.kubeadm.network import ROUTES_SCRIPT, routes_script
from kuberry.distributions.seen import Seen
from kuberry.distributions.traces import SETTINGS, is_of_kubernetes
from kuberry.distributions.traces_text import REMOVE_NETWORK, forget_node
from kuberry.model.cluster import Cluster
from kuberry.model.difference import Difference
from kuberry.model.plan import Clear, File, Gate, HostPlan, Plan, Restore, Run, Step, WriteFiles

DRAIN_S = 60
"""Seconds for the pods of a leaving host to end."""

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


def remove(cluster: Cluster, hosts: Mapping[str, Seen], leaving: Collection[str]) -> Plan:
    """Return what takes *leaving* out of *cluster*; empty when they hold nothing of ours.

    Args:
        hosts: By name: those that leave, and of those that stay the ones that can be reached.

    Raises:
        NotSeen: A fact it needs is not known.
    """
    staying = {name: one for name, one in hosts.items() if name not in leaving}
    gone = {name: one for name, one in hosts.items() if name in leaving and one.installed.is_ours}
    plans = [
        HostPlan(host=name, steps=tuple(_stay(cluster, staying, name, gone))) for name in staying
    ]
    has_api = _has_api(cluster, staying)
    plans += [
        HostPlan(
            host=name, steps=tuple(_leave(cluster, hosts[name], gate=has_api and name in gone))
        )
        for name in hosts
        if name in leaving
    ]
    return Plan(title="reset", hosts=tuple(plans))


def is_ours(cluster: Cluster, difference: Difference, host: Seen) -> bool:
    """Return whether we, or what we installed, may have made *difference*."""
    return is_of_kubernetes(cluster, difference, host, (*PLACES, *CONTAINERD_PLACES))


def _has_api(cluster: Cluster, staying: Mapping[str, Seen]) -> bool:
    host = staying.get(cluster.control_plane)
    return host is not None and host.installed.nodes is not None


def _stay(
    cluster: Cluster, staying: Mapping[str, Seen], name: str, gone: Mapping[str, Seen]
) -> Iterator[Step]:
    """Yield what a host that stays has to forget."""
    host = staying[name]
    if name == cluster.control_plane and _has_api(cluster, staying):
        for one in gone.values():
            yield Run(
                id=f"forget-{one.name}",
                title=f"drain {one.name} and take it out of the cluster",
                script=forget_node(ADMINISTRATOR),
                arguments=(one.node, str(DRAIN_S)),
                captures=(_left(one.name),),
                deadline_s=DRAIN_S + 60.0,
            )
    changed = tuple(_changed(host, _files_without(cluster, staying, host)))
    if gone and changed:
        yield WriteFiles(id="files", title=f"write {len(changed)} files", files=changed)
    networks = [one.installed.record.pod_cidr for one in gone.values() if one.installed.record]
    if any(networks):
        yield Run(
            id="forget-routes",
            title="forget the routes to them",
            script=text.FORGET_ROUTES,
            arguments=tuple(network for network in networks if network),
        )


def _files_without(
    cluster: Cluster, staying: Mapping[str, Seen], host: Seen
) -> Iterator[tuple[str, str, int]]:
    """Yield path, text and mode of what names the other hosts, for the hosts that stay."""
    control_plane = staying.get(cluster.control_plane)
    if control_plane is None or not host.installed.is_ours:
        return
    names = {one.node: one.address for one in staying.values()}
    names = {cluster.endpoint: control_plane.address, **names}
    yield "/etc/hosts", hosts_file(host.installed.hosts_file, names), 0o644
    if ROUTES_SCRIPT in host.installed.files:
        peers = {
            one.address: one.installed.record.pod_cidr
            for one in staying.values()
            if one.name != host.name and one.installed.record and one.installed.record.pod_cidr
        }
        yield ROUTES_SCRIPT, routes_script(cluster, host, peers), 0o755


def _changed(host: Seen, files: Iterator[tuple[str, str, int]]) -> Iterator[File]:
    for path, content, mode in files:
        if not host.installed.has_file(path, hashlib.sha256(content.encode()).hexdigest()):
            yield File(path=path, content=(content,), mode=mode)


def _leave(cluster: Cluster, host: Seen, *, gate: bool) -> Iterator[Step]:
    """Yield what brings a host back; without a record of its state nothing was changed yet."""
    if not host.installed.is_recorded:
        return
    if gate:
        title = f"wait until the pods have left {host.name}"
        yield Gate(id="left", title=title, value=_left(host.name), tolerant=True)
    yield Restore(id="idle-units", title="stop the units that came with kuberry", what="idle-units")
    yield _run("kubeadm-reset", "undo what kubeadm did", text.KUBEADM_RESET)
    yield _run("containers", "end and remove the containers", text.REMOVE_CONTAINERS)
    network = (cluster.pod_cidr,)
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


def _left(name: str) -> str:
    return f"left:{name}"
