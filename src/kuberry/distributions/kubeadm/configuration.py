"""What kubeadm reads: its own API in the version that this Kubernetes knows, and the kubelet's.

Versions of kubeadm.k8s.io: v1beta2 up to 1.21, v1beta3 from 1.22 to 1.30, v1beta4 from 1.31 on
(https://kubernetes.io/docs/reference/config-api/).
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from kuberry.distributions.seen import Seen
from kuberry.model.cluster import Cluster
from kuberry.model.plan import Captured, Text

API_PORT = 6443
ADMIN_CONF = "/etc/kubernetes/admin.conf"
ADMINISTRATOR = f"export KUBECONFIG={ADMIN_CONF}\n"
LOOK = "sudo journalctl -u kubelet -n 50; sudo crictl ps -a --name kube-apiserver"
"""Shell text after which ``kubectl`` is the administrator's."""
_SOCKET = "/run/containerd/containerd.sock"
_V1BETA3_SINCE, _V1BETA4_SINCE = 22, 31
_STATIC_PODS_SHOWN_SINCE = 22
"""Kubelets before show a static pod that ran before their API server did only at their next look
at all pods: by default after a minute (syncFrequency of KubeletConfiguration; with 1.20 it took up
to 95 s until a new control plane was seen to be whole)."""
_CGROUP_V1_REFUSED_SINCE = 35
_TOKEN, _CA_HASH = "KUBERRY-TOKEN", "KUBERRY-CA-HASH"


def unit_of(_cluster: Cluster, _host: str) -> str:
    """Return the unit that runs the kubelet: the same everywhere."""
    return "kubelet.service"


def minor(version: str) -> int:
    """Return 20 for ``v1.20.2``.

    Raises:
        ValueError: It is no version of Kubernetes 1.
    """
    found = re.match(r"v1\.([0-9]{1,3})\.", version)
    if found is None:
        raise ValueError(f"{version!r} is no version of Kubernetes")
    return int(found[1])


def api_version(version: str) -> str:
    """Return the newest version of kubeadm's API that this Kubernetes reads."""
    number = minor(version)
    if number >= _V1BETA4_SINCE:
        return "kubeadm.k8s.io/v1beta4"
    return "kubeadm.k8s.io/v1beta3" if number >= _V1BETA3_SINCE else "kubeadm.k8s.io/v1beta2"


def init_configuration(cluster: Cluster, host: Seen) -> str:
    """Return the configuration of ``kubeadm init``, as YAML documents."""
    version = cluster.version
    registration = _registration(version, host)
    if not cluster.workers:
        registration["taints"] = []
    init = {
        "apiVersion": api_version(version),
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": host.address, "bindPort": API_PORT},
        "nodeRegistration": registration,
    }
    return _documents(init, _cluster(cluster, host), _kubelet(version, host), _proxy(host))


def join_configuration(cluster: Cluster, host: Seen, *, token: str, ca_hash: str) -> Text:
    """Return the configuration of ``kubeadm join``.

    Args:
        token: Name of the captured value that is the token.
        ca_hash: Name of the captured value that is the digest of the authority's key.
    """
    join = {
        "apiVersion": api_version(cluster.version),
        "kind": "JoinConfiguration",
        "nodeRegistration": _registration(cluster.version, host),
        "discovery": {
            "bootstrapToken": {
                "apiServerEndpoint": f"{cluster.endpoint}:{API_PORT}",
                "token": _TOKEN,
                "caCertHashes": [_CA_HASH],
            }
        },
    }
    names = {_TOKEN: Captured(captured=token), _CA_HASH: Captured(captured=ca_hash)}
    parts = re.split(f"({_TOKEN}|{_CA_HASH})", _documents(join))
    return tuple(names.get(part, part) for part in parts)


def _registration(version: str, host: Seen) -> dict[str, Any]:
    scheme = "unix://" if minor(version) >= _V1BETA3_SINCE else ""
    return {
        "name": host.node,
        "criSocket": f"{scheme}{_SOCKET}",
        "kubeletExtraArgs": _arguments(version, {"node-ip": host.address}),
    }


def _arguments(version: str, arguments: dict[str, str]) -> object:
    """Return extra arguments in the shape of the API: a list of pairs since v1beta4."""
    if minor(version) >= _V1BETA4_SINCE:
        return [{"name": name, "value": value} for name, value in arguments.items()]
    return arguments


def _cluster(cluster: Cluster, host: Seen) -> dict[str, Any]:
    """Return the cluster's part; with host-gw we give out the pod networks, not Kubernetes."""
    allocate = "false" if cluster.network == "host-gw" else "true"
    names = dict.fromkeys([host.node, host.name, host.address, cluster.endpoint, "127.0.0.1"])
    return {
        "apiVersion": api_version(cluster.version),
        "kind": "ClusterConfiguration",
        "clusterName": cluster.name,
        "kubernetesVersion": cluster.version,
        "controlPlaneEndpoint": f"{cluster.endpoint}:{API_PORT}",
        "networking": {"podSubnet": cluster.pod_cidr, "serviceSubnet": cluster.service_cidr},
        "apiServer": {"certSANs": list(names)},
        "controllerManager": {
            "extraArgs": _arguments(cluster.version, {"allocate-node-cidrs": allocate})
        },
    }


def _kubelet(version: str, host: Seen) -> dict[str, Any]:
    value: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": host.cgroup_driver,
        # Pods get no swap all the same; a user's zram need not be taken away (kubelet docs, swap).
        "failSwapOn": False,
    }
    if minor(version) < _STATIC_PODS_SHOWN_SINCE:
        value["syncFrequency"] = "10s"
    on_v1 = host.facts.cgroups is not None and host.facts.cgroups.version != "v2"
    if on_v1 and minor(version) >= _CGROUP_V1_REFUSED_SINCE:
        value["failCgroupV1"] = False
    return value


def _proxy(host: Seen) -> dict[str, Any]:
    value: dict[str, Any] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
    }
    if host.is_container:  # nf_conntrack_max belongs to the kernel's first network namespace
        value["conntrack"] = {"maxPerCore": 0, "min": 0}
    return value


def _documents(*values: dict[str, Any]) -> str:
    return yaml.safe_dump_all(values, sort_keys=False)
