"""Pods reach each other by plain routes: each host has a /24, and a route to every peer's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import IPv4Network

from kuberry.distributions.absent import absent
from kuberry.distributions.seen import Seen
from kuberry.model.cluster import Cluster

ROUTES_UNIT = "kuberry-routes.service"
ROUTES_SCRIPT = "/usr/local/lib/kuberry/routes"
_HOST_PREFIX = 24


def pod_networks(cluster: Cluster, hosts: Mapping[str, Seen]) -> dict[str, str]:
    """Return each host's /24 of the pod range; what a host has recorded stays its own.

    Raises:
        ValueError: The range has fewer /24 than there are hosts.
    """
    kept = {
        name: seen.installed.record.pod_cidr
        for name, seen in hosts.items()
        if seen.installed.record and seen.installed.record.pod_cidr
    }
    taken = {*kept.values(), *(one.network for one in absent(cluster, hosts))}
    free = (
        str(one)
        for one in IPv4Network(cluster.pod_cidr).subnets(new_prefix=_HOST_PREFIX)
        if str(one) not in taken
    )
    try:
        return {name: kept.get(name) or next(free) for name in hosts}
    except StopIteration:
        msg = f"{cluster.pod_cidr} has fewer /{_HOST_PREFIX} networks than there are hosts"
        raise ValueError(msg) from None


def cni_configuration(pod_network: str, *, mtu: int) -> str:
    """Return the CNI configuration list of one host: bridge, host-local, port mappings.

    Source: the plugins' documentation, https://www.cni.dev/plugins/current/main/bridge/
    """
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "mtu": mtu,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": pod_network}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    value = {"cniVersion": "0.3.1", "name": "kuberry", "plugins": [bridge, ports]}
    return json.dumps(value, indent=2) + "\n"


def routes_script(cluster: Cluster, host: Seen, peers: Mapping[str, str]) -> str:
    """Return the script that sets the routes to the peers' pods.

    Args:
        peers: Pod network by address of the peer.
    """
    routes = [f"ip route replace {network} via {address}" for address, network in peers.items()]
    pods = cluster.pod_cidr
    rules = [
        _rule(f"FORWARD -s {pods} -j ACCEPT"),
        _rule(f"FORWARD -d {pods} -j ACCEPT"),
        _rule(f"POSTROUTING -s {pods} ! -d {pods} -j MASQUERADE", table="nat"),
    ]
    head = ["#!/bin/sh", f"# Written by kuberry: pods of the peers of {host.node}.", "set -e"]
    return "\n".join([*head, *routes, *rules]) + "\n"


def _rule(rule: str, *, table: str = "filter") -> str:
    iptables = f"iptables -w 10 -t {table}"
    return f"{iptables} -C {rule} 2>/dev/null || {iptables} -A {rule}"


def routes_unit() -> str:
    """Return the unit that sets the routes at every boot."""
    return f"""\
[Unit]
Description=Routes to the pods of the other hosts (kuberry)
Wants=network-online.target
After=network-online.target
Before=kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={ROUTES_SCRIPT}

[Install]
WantedBy=multi-user.target
"""
