"""What k3s reads: its configuration, its registries, its units and where it keeps what.

Every key is a flag of ``k3s server`` or ``k3s agent`` without its dashes (k3s-io/docs,
docs/installation/configuration.md; rancher/k3s@aef8a6a, pkg/configfilearg/parser.go:131-198).
"""

from __future__ import annotations

from typing import Any

import yaml

from kuberry.distributions.seen import NotSeen, Seen
from kuberry.model.cluster import Cluster

API_PORT = 6443
PROGRAM = "/usr/local/bin/k3s"
LINKS = ("kubectl", "crictl", "ctr")
"""What k3s answers to under other names (k3s-io/k3s@0136cf2, install.sh: create_symlinks)."""
CONFIG = "/etc/rancher/k3s/config.yaml"
REGISTRIES = "/etc/rancher/k3s/registries.yaml"
ADMIN_CONF = "/etc/rancher/k3s/k3s.yaml"
SERVER_TOKEN, AGENT_TOKEN = "/etc/rancher/k3s/token", "/etc/rancher/k3s/agent-token"
DATA = "/var/lib/rancher/k3s"
IMAGES = f"{DATA}/agent/images"
KUBELET_CONF = f"{DATA}/agent/kubelet.kubeconfig"
SERVER_UNIT, AGENT_UNIT = "k3s.service", "k3s-agent.service"
LOOK = f"sudo journalctl -u {SERVER_UNIT} -n 50"
UNITS = "/etc/systemd/system"
ADMINISTRATOR = f"""export KUBECONFIG={ADMIN_CONF}
kubectl() {{ k3s kubectl "$@"; }}
"""
"""Shell text after which ``kubectl`` is the administrator's, whatever else is called so."""

_BACKENDS = {"flannel": "vxlan", "host-gw": "host-gw"}


def server_configuration(cluster: Cluster, host: Seen) -> str:
    """Return the configuration of a server, as YAML.

    Several keep their state in etcd: the first begins, the others name it. Once etcd is on its disk
    a server goes by that, whatever is said here (k3s-io/docs, docs/datastore/ha-embedded.md). All
    the rest has to be the same on all of them (docs/cli/server.md).

    Raises:
        NotSeen: The network that is wished for is none of k3s, or a fact is not known.
    """
    if cluster.network not in _BACKENDS:
        raise NotSeen(f"k3s has no network {cluster.network!r}: flannel or host-gw")
    names = dict.fromkeys([cluster.endpoint, host.address, host.name, host.node, "127.0.0.1"])
    value = {
        **_node(host),
        **_datastore(cluster, host),
        "token-file": SERVER_TOKEN,
        "agent-token-file": AGENT_TOKEN,
        "tls-san": list(names),
        "write-kubeconfig-mode": "0600",
        "secrets-encryption": True,
        "cluster-cidr": cluster.pod_cidr,
        "service-cidr": cluster.service_cidr,
        "flannel-backend": _BACKENDS[cluster.network],
    }
    if cluster.k3s.without:
        value["disable"] = list(cluster.k3s.without)
    if cluster.k3s.embedded_registry:  # a flag that k3s before 1.29 does not know
        value["embedded-registry"] = True
    return _yaml(value)


def _datastore(cluster: Cluster, host: Seen) -> dict[str, Any]:
    """Return where the state is kept: nothing said is SQLite."""
    if not cluster.has_many_servers:
        return {}
    is_first = host.name == cluster.control_plane
    return {"cluster-init": True} if is_first else {"server": _url(cluster)}


def agent_configuration(cluster: Cluster, host: Seen) -> str:
    """Return the configuration of an agent, as YAML."""
    return _yaml({**_node(host), "server": _url(cluster), "token-file": AGENT_TOKEN})


def _url(cluster: Cluster) -> str:
    return f"https://{cluster.endpoint}:{API_PORT}"


def registries(cluster: Cluster) -> str:
    """Return what the containerd of k3s asks for images; empty when nothing is wished for.

    The embedded registry serves only registries that are named here (k3s-io/docs,
    docs/installation/registry-mirror.md).
    """
    mirrors: dict[str, Any] = {
        name: {"endpoint": list(addresses)} for name, addresses in cluster.k3s.mirrors.items()
    }
    if cluster.k3s.embedded_registry:
        mirrors.setdefault("*", {})
    return _yaml({"mirrors": mirrors}) if mirrors else ""


def unit_of(cluster: Cluster, host: str) -> str:
    """Return the unit that runs k3s, and with it the kubelet, on *host*."""
    return SERVER_UNIT if host in cluster.servers else AGENT_UNIT


def unit(command: str) -> str:
    """Return the unit that runs ``k3s`` *command*.

    Source: k3s-io/k3s@0136cf2, install.sh, create_systemd_service_file.
    """
    name = SERVER_UNIT if command == "server" else AGENT_UNIT
    return f"""\
[Unit]
Description=Lightweight Kubernetes (kuberry)
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-{UNITS}/{name}.env
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart={PROGRAM} {command}
"""


def _node(host: Seen) -> dict[str, Any]:
    network = host.facts.network
    interface = network.login_interface if network else None
    if interface is None:
        raise NotSeen(f"no interface of {host.name} owns the address we are logged in to")
    value = {"node-name": host.node, "node-ip": host.address, "flannel-iface": interface.name}
    # Overlays cannot be stacked as k3s needs it, and it ends where it finds that out
    # (rancher/k3s@aef8a6a, pkg/agent/config/config.go:447-452): containers, lab hosts among them.
    disks = host.facts.disks
    return {**value, "snapshotter": "native"} if disks and disks[-1].type == "overlay" else value


def _yaml(value: dict[str, Any]) -> str:
    return "# Written by kuberry.\n" + yaml.safe_dump(value, sort_keys=False)
