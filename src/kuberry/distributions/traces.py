"""What any Kubernetes leaves on a host, and how it is told from what is of others."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Network
from typing import assert_never

from kuberry.distributions.seen import Seen
from kuberry.model.cluster import Cluster
from kuberry.model.difference import Difference
from kuberry.model.plan import HostPlan, Plan, Restore

SETTINGS = (
    "net.ipv4.ip_forward",
    "net.ipv4.conf.all.forwarding",
    "net.ipv4.conf.default.forwarding",
    "net.ipv4.conf.all.route_localnet",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.conf.default.forwarding",
    "net.bridge.bridge-nf-call-iptables",
    "net.bridge.bridge-nf-call-ip6tables",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
    "kernel.keys.root_maxbytes",
    "kernel.keys.root_maxkeys",
    "kernel.panic",
    "kernel.panic_on_oops",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
)
"""What our files, the kubelet (pkg/util/sysctl) and kube-proxy set."""

_NAMES = re.compile(
    r"kube|KUBE-|CNI-|FLANNEL|CILIUM|/containerd/|/cni-"
    r"|^(cni0|flannel.*|cali.*|vxlan\.calico|cilium_.*|nodelocaldns)$"
)
"""What links, rules and mounts of Kubernetes and its network add-ons are called."""
_NETWORK = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.0/\d{1,2}\b")


def forget(hosts: Collection[str]) -> Plan:
    """Return what removes our records, once nothing else of us is there."""
    step = Restore(id="records", title="remove kuberry's own records", what="records")
    return Plan(title="forget", hosts=tuple(HostPlan(host=name, steps=(step,)) for name in hosts))


def is_of_kubernetes(
    cluster: Cluster, difference: Difference, host: Seen, places: Collection[str]
) -> bool:
    """Return whether we, or what we installed, may have made *difference*.

    Args:
        places: Where the distribution and what belongs to it keep what they keep.
    """
    name, there = difference.name, host.installed
    match difference.subject:
        case "file":
            return name in there.files or any(
                name == place or name.startswith(f"{place}/") for place in places
            )
        case "package":
            return name.partition(":")[0] in there.added_packages
        case "unit":
            return name.partition(" ")[0] in there.units
        case "sysctl":
            return name in SETTINGS
        case "image":
            return True
        case "link" | "route" | "rule" | "mount":
            return bool(_NAMES.search(name)) or _is_of_pods(cluster, name)
        case _:
            assert_never(difference.subject)


def _is_of_pods(cluster: Cluster, name: str) -> bool:
    """Return whether *name*, a route or a rule, has a network of the cluster's pods in it."""
    pods = IPv4Network(cluster.pod_cidr)
    found = (IPv4Network(one) for one in _NETWORK.findall(name))
    return any(one.subnet_of(pods) for one in found)
