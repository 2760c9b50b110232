"""The probes and what each rests on, as data: so a root cause is told from what follows from it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of probe.

    Attributes:
        id: Stable.
        title: What is so when it is ok.
        here: Ids of probes whose failure at one of the same hosts explains a failure of this one.
        anywhere: Ids of probes whose failure explains it wherever it was.
    """

    id: str
    title: str
    here: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


KINDS = (
    Kind("hosts.login", "we can log in and become root"),
    Kind("api.ready", "the API server is ready", here=("hosts.login",)),
    Kind("api.version", "the API server has the version wished for", anywhere=("api.ready",)),
    Kind(
        "nodes.set",
        "the hosts are nodes, and no others",
        here=("hosts.login",),
        anywhere=("api.ready",),
    ),
    Kind(
        "nodes.api",
        "the host reaches the API server",
        here=("hosts.login",),
        anywhere=("api.ready",),
    ),
    # A kubelet asks the API server whether it may answer (Kubernetes, "Kubelet authn/authz").
    Kind(
        "nodes.kubelet",
        "the kubelet answers the API server",
        here=("hosts.login", "nodes.set", "nodes.api"),
        anywhere=("api.ready",),
    ),
    Kind(
        "nodes.ready",
        "the node is Ready and its lease fresh",
        here=("nodes.set", "nodes.kubelet", "nodes.api"),
        anywhere=("api.ready",),
    ),
    Kind(
        "nodes.version",
        "the kubelet has the version wished for",
        here=("nodes.set",),
        anywhere=("api.ready",),
    ),
    Kind(
        "system.control-plane",
        "scheduler, controllers and etcd run",
        here=("nodes.kubelet", "nodes.ready"),
        anywhere=("api.ready",),
    ),
    Kind(
        "system.etcd",
        "the server is a member of etcd",
        here=("nodes.set", "nodes.ready"),
        anywhere=("api.ready",),
    ),
    Kind(
        "system.proxy",
        "kube-proxy runs",
        here=("nodes.kubelet", "nodes.ready"),
        anywhere=("api.ready",),
    ),
    Kind(
        "system.pods",
        "the other system pods run",
        here=("nodes.kubelet", "nodes.ready"),
        anywhere=("api.ready", "system.control-plane"),
    ),
    Kind(
        "network.routes",
        "the host has the route to the other's pods",
        here=("hosts.login", "nodes.set"),
        anywhere=("api.ready",),
    ),
    Kind(
        "pods.start",
        "a pod runs on the node, whatever its taints",
        here=("nodes.kubelet", "nodes.ready"),
        anywhere=("api.ready",),
    ),
    Kind("pods.logs", "the pod's log can be read", here=("pods.start",), anywhere=("api.ready",)),
    Kind(
        "pods.exec",
        "commands run in the pod",
        here=("pods.start",),
        anywhere=("api.ready",),
    ),
    Kind(
        "network.pods",
        "a pod reaches the other's pod with full packets",
        here=("pods.start", "pods.exec", "network.routes"),
        anywhere=("api.ready",),
    ),
    Kind(
        "network.clusterip",
        "a service is reached from the node's pods",
        here=("pods.start", "pods.exec", "system.proxy", "network.pods"),
        anywhere=("api.ready", "system.control-plane"),
    ),
    Kind(
        "network.nodeport",
        "a service is reached from outside through the node",
        here=("pods.start", "system.proxy", "network.pods", "network.routes"),
        anywhere=("api.ready", "system.control-plane"),
    ),
    Kind(
        "workloads.rollout",
        "a Deployment is rolled out",
        anywhere=("api.ready", "system.control-plane"),
    ),
    Kind(
        "storage.claim",
        "a volume is claimed, written and read",
        anywhere=("api.ready", "system.control-plane"),
    ),
    Kind(
        "dns.lookup",
        "names of services are found from the node's pods",
        here=("pods.start", "pods.exec", "system.proxy"),
        anywhere=("api.ready", "system.control-plane", "system.pods"),
    ),
    Kind("verify.cleanup", "nothing of this check is left behind", anywhere=("api.ready",)),
)
"""All kinds, in the order in which results are shown; each rests on earlier ones only."""

BY_ID = {kind.id: kind for kind in KINDS}
