"""From what was seen to a plan that takes hosts out of a cluster of k3s and brings them back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kuberry.distributions.files import changed_files, hosts_file
from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.k3s import remove_text as text
from kuberry.distributions.leaving import Farewell, Terms, farewell
from kuberry.distributions.seen import Seen
from kuberry.distributions.traces import SETTINGS, is_of_kubernetes
from kuberry.distributions.traces_text import REMOVE_NETWORK
from kuberry.model.cluster import Cluster
from kuberry.model.difference import Difference
from kuberry.model.plan import Clear, HostPlan, Plan, Restore, Run, Step, WriteFiles

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
        HostPlan(host=name, steps=tuple(_leave(all_of, hosts[name])))
        for name in hosts
        if name in leaving
    ]
    return Plan(title="reset", hosts=tuple(plans))


def is_ours(cluster: Cluster, difference: Difference, host: Seen) -> bool:
    """Return whether we, or what we installed, may have made *difference*."""
    return is_of_kubernetes(cluster, difference, host, (*PLACES, *_LINKS))


def _stay(all_of: Farewell, name: str) -> Iterator[Step]:
    """Yield what a host that stays has to forget."""
    host = all_of.staying[name]
    if name == all_of.cluster.control_plane and all_of.has_api:
        yield from all_of.forgets(text.FORGET_NODE)
    goes = bool(all_of.gone or all_of.dead)
    if goes and host.installed.is_ours and all_of.cluster.control_plane in all_of.staying:
        wanted = hosts_file(host.installed.hosts_file, all_of.names())
        if changed := changed_files(host, {"/etc/hosts": wanted}):
            yield from all_of.waits(name)
            yield WriteFiles(id="files", title="forget their names", files=changed)


def _leave(all_of: Farewell, host: Seen) -> Iterator[Step]:
    """Yield what brings a host back; without a record of its state nothing was changed yet."""
    if not host.installed.is_recorded:
        return
    yield from all_of.waits(host.name)
    yield Restore(id="idle-units", title="stop the units that came with kuberry", what="idle-units")
    yield _run("containers", "end what k3s has started", text.REMOVE_CONTAINERS)
    network = (all_of.cluster.pod_cidr,)
    yield _run("network", "remove links, routes and rules", REMOVE_NETWORK, network)
    yield Restore(id="files", title="put the files back", what="files")
    yield Clear(id="places", title="remove what k3s kept", paths=PLACES)
    yield Restore(id="settings", title="set the kernel back", what="settings", names=SETTINGS)
    yield Restore(id="units", title="start the units that ran before", what="units")


def _run(step_id: str, title: str, script: str, arguments: tuple[str, ...] = ()) -> Run:
    return Run(id=step_id, title=title, script=script, arguments=arguments, deadline_s=_REMOVAL_S)
