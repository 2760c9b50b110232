"""The lab's network: one bridge, one namespace a host, and no way out."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from pathlib import Path

from kuberry.lab.names import Names
from kuberry.lab.program import run
from kuberry.lab.subnet import routed
from kuberry.model.lab import LabHost, LabState

BEYOND, CONTROLLER = "beyond", "controller"

# The machine may filter bridged frames too (br_netfilter), so "to this machine" is told from "from
# host to host" by the bridge's own hardware address. prerouting comes before the routing decision:
# what goes beyond is counted even where the machine forwards nothing anyway.
_RULES = """
table inet {table} {{
    counter {beyond} {{ }}
    counter {controller} {{ }}
    chain prerouting {{
        type filter hook prerouting priority raw; policy accept;
        iifname "{bridge}" ether daddr {mac} ip daddr != {subnet} counter name {beyond} drop
    }}
    chain input {{
        type filter hook input priority filter; policy accept;
        iifname != "{bridge}" accept
        icmp type {{ echo-request, echo-reply, destination-unreachable, time-exceeded }} accept
        tcp flags & (syn | ack) != syn accept
        counter name {controller} drop
    }}
    chain forward {{
        type filter hook forward priority filter; policy accept;
        iifname != "{bridge}" oifname "{bridge}" drop
    }}
}}
"""


async def networks_in_use() -> tuple[IPv4Network, ...]:
    """Return every IPv4 network that is routed or addressed on this machine."""
    routes = await run("ip", "-json", "-4", "route", "show", "table", "all")
    return tuple(routed(routes, await run("ip", "-json", "-4", "address", "show")))


async def create_network(lab: LabState) -> None:
    """Make the bridge of *lab* with this machine's address on it, and the rules that close it."""
    names = Names(lab.lab_id)
    controller = f"{lab.controller}/{lab.subnet.prefixlen}"
    lines = (
        f"link add {names.bridge} address {names.mac(1)} type bridge stp_state 0",
        f"address add {controller} dev {names.bridge}",
    )
    await run("ip", "-batch", "-", stdin="\n".join(lines))
    _disable_ipv6(names.bridge)
    await run("nft", "-f", "-", stdin=rules(lab))
    await run("ip", "link", "set", names.bridge, "up")


def rules(lab: LabState) -> str:
    """Return the nftables rules that close the network of *lab*."""
    names = Names(lab.lab_id)
    return _RULES.format(
        table=names.table,
        bridge=names.bridge,
        mac=names.mac(1),
        subnet=lab.subnet,
        beyond=BEYOND,
        controller=CONTROLLER,
    )


def _disable_ipv6(link: str) -> None:
    """Keep IPv6 off *link*: the lab has no IPv6 network, so no IPv6 way out either."""
    switch = Path("/proc/sys/net/ipv6/conf") / link / "disable_ipv6"
    if switch.exists():
        switch.write_text("1")


async def create_namespace(lab: LabState, host: LabHost) -> None:
    """Make the network namespace of *host* and plug it into the bridge."""
    names = Names(lab.lab_id)
    netns = names.netns(host.name)
    netns.touch()
    await run("unshare", f"--net={netns}", "true")
    link = names.link(host.number)
    inner = f"name eth0 address {names.mac(host.number)} netns {netns}"
    await run("ip", "link", "add", link, "type", "veth", "peer", *inner.split())
    _disable_ipv6(link)
    await run("ip", "link", "set", link, "master", names.bridge, "up")
    lines = (
        "link set lo up",
        f"address add {host.address}/{lab.subnet.prefixlen} dev eth0",
        "link set eth0 up",
        f"route add default via {lab.controller}",
    )
    await run("nsenter", f"--net={netns}", "ip", "-batch", "-", stdin="\n".join(lines))


async def dropped(lab: LabState) -> dict[str, int]:
    """Return how many packets of the hosts were dropped, by counter."""
    table = Names(lab.lab_id).table
    listed = json.loads(await run("nft", "-j", "list", "counters", "table", "inet", table))
    counters = [entry["counter"] for entry in listed["nftables"] if "counter" in entry]
    return {counter["name"]: counter["packets"] for counter in counters}


async def links() -> tuple[str, ...]:
    """Return the names of this machine's links."""
    return tuple(link["ifname"] for link in json.loads(await run("ip", "-json", "link", "show")))


async def tables() -> tuple[str, ...]:
    """Return the names of this machine's nftables tables of family inet."""
    listed = json.loads(await run("nft", "-j", "list", "tables", "inet"))
    return tuple(entry["table"]["name"] for entry in listed["nftables"] if "table" in entry)
