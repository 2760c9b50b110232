"""From what was seen to a plan that takes hosts out of a cluster of k3s and brings them back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kuberry.distributions.files import changed_files, hosts_file
from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import remove_text as text
from kuberry.distributions.members import names
from kuberry.distributions.seen import Seen
from kuberry.distributions.traces import SETTINGS, is_of_kubernetes
from kuberry.distributions.traces_text import REMOVE_NETWORK
from kuberry.model.cluster import Cluster
from kuberry.model.difference import Difference
from kuberry.model.plan import Clear, Gate, HostPlan, Plan, Restore, Run, Step, WriteFiles

DRAIN_S = 60
"""Seconds for the pods of a leaving host to end."""

PLACES = (
    "/etc/rancher",
    "/root/.kube",
    "/usr/libexec/kubernetes",
    "/var/lib/cni",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/log/containers",
    "/var/log/pods",
)
"""Where k3s and what it runs keep what they keep."""

_LINKS = tuple(f"/usr/local/bin/{name}" for name in at.LINKS)
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
    return is_of_kubernetes(cluster, difference, host, (*PLACES, *_LINKS))


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
                script=text.FORGET_NODE,
                arguments=(one.node, str(DRAIN_S)),
                captures=(_left(one.name),),
                deadline_s=DRAIN_S + 90.0,
            )
    if gone and host.installed.is_ours and cluster.control_plane in staying:
        wanted = hosts_file(host.installed.hosts_file, names(cluster, staying))
        if changed := changed_files(host, {"/etc/hosts": wanted}):
            yield WriteFiles(id="files", title="forget their names", files=changed)


def _leave(cluster: Cluster, host: Seen, *, gate: bool) -> Iterator[Step]:
    """Yield what brings a host back; without a record of its state nothing was changed yet."""
    if not host.installed.is_recorded:
        return
    if gate:
        title = f"wait until the pods have left {host.name}"
        yield Gate(id="left", title=title, value=_left(host.name), tolerant=True)
    yield Restore(id="idle-units", title="stop the units that came with kuberry", what="idle-units")
    yield _run("containers", "end what k3s has started", text.REMOVE_CONTAINERS)
    network = (cluster.pod_cidr,)
    yield _run("network", "remove links, routes and rules", REMOVE_NETWORK, network)
    yield Restore(id="files", title="put the files back", what="files")
    yield Clear(id="places", title="remove what k3s kept", paths=PLACES)
    yield Restore(id="settings", title="set the kernel back", what="settings", names=SETTINGS)
    yield Restore(id="units", title="start the units that ran before", what="units")


def _run(step_id: str, title: str, script: str, arguments: tuple[str, ...] = ()) -> Run:
    return Run(id=step_id, title=title, script=script, arguments=arguments, deadline_s=_REMOVAL_S)


def _left(name: str) -> str:
    return f"left:{name}"
