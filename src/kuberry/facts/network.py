"""Probes of how the host is connected: interfaces, routes, listeners, packet filters."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_interface, ip_network
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kuberry.facts.probe import Lines, Probe, natural
from kuberry.model.facts import Firewall, Interface, ListeningPort, Network, Route

_NO_MAC = "00:00:00:00:00:00"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Address(_Wire):
    local: str = ""
    prefixlen: int = 0


class _Link(_Wire):
    """An element of ``ip -j addr`` (iproute2, ip/ipaddress.c); it writes {} for what it hides."""

    ifname: str = ""
    mtu: int = 0
    operstate: str = "UNKNOWN"
    link_type: str = ""
    address: str | None = None
    addr_info: tuple[_Address, ...] = ()


class _Route(_Wire):
    """An element of ``ip -j route`` (iproute2, ip/iproute.c); a multipath route has no dev."""

    dst: str
    type: str = "unicast"
    gateway: str | None = None
    dev: str | None = None
    metric: int | None = None


_LINKS = TypeAdapter(tuple[_Link, ...])
_ROUTES = TypeAdapter(tuple[_Route, ...])


def _network(output: str) -> Network:
    lines = Lines(output)
    speeds = dict(_speed(line) for line in lines.all("speed"))
    links = _LINKS.validate_json(lines.need("addr"))
    return Network(
        interfaces=tuple(
            _interface(link, speeds.get(link.ifname), link.ifname in lines.all("wireless"))
            for link in links
            if link.ifname
        ),
        routes=_routes(lines.first("route4"), 4) + _routes(lines.first("route6"), 6),
        login_address=_login(lines.first("login")),
    )


def _speed(line: str) -> tuple[str, int | None]:
    name, _, speed = line.partition(" ")
    return name, int(speed) if re.fullmatch("[1-9][0-9]{0,8}", speed) else None


def _interface(link: _Link, speed_mbps: int | None, wireless: bool) -> Interface:  # noqa: FBT001
    ethernet = link.link_type == "ether" and link.address != _NO_MAC
    return Interface(
        name=link.ifname,
        mac=link.address if ethernet else None,
        mtu=link.mtu,
        state=link.operstate.lower(),
        wireless=wireless,
        speed_mbps=speed_mbps,
        addresses=tuple(
            str(ip_interface(f"{one.local}/{one.prefixlen}")) for one in link.addr_info if one.local
        ),
    )


def _routes(text: str | None, family: Literal[4, 6]) -> tuple[Route, ...]:
    """Read the routes that lead somewhere; an old iproute2 writes nothing where there is none."""
    found = _ROUTES.validate_json(text) if text else ()
    return tuple(
        Route(
            destination=one.dst if one.dst == "default" else str(ip_network(one.dst)),
            gateway=one.gateway,
            interface=one.dev,
            metric=one.metric,
            family=family,
        )
        for one in found
        if one.type == "unicast"
    )


def _login(connection: str | None) -> str | None:
    """Read SSH_CONNECTION of sshd(8): client, its port, the host's address, its port."""
    words = (connection or "").split()
    if len(words) != len(("client", "port", "host", "port")):
        return None
    address = ip_address(words[2].partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


NETWORK = Probe(
    "network",
    """\
command -v ip >/dev/null || exit
printf 'login:%s\\n' "$SSH_CONNECTION"
printf 'addr:%s\\n' "$(ip -j addr)"
printf 'route4:%s\\n' "$(ip -j -4 route show table main)"
printf 'route6:%s\\n' "$(ip -j -6 route show table main)"
for link in /sys/class/net/*; do
  name=${link##*/}
  speed=; read -r speed <"$link/speed"
  printf 'speed:%s %s\\n' "$name" "$speed"
  [ ! -e "$link/phy80211" ] || printf 'wireless:%s\\n' "$name"
done
""",
    _network,
)


def _ports(output: str) -> tuple[ListeningPort, ...]:
    """Read ``ss -Htlnp`` (iproute2, misc/ss.c); only root sees whose a socket is."""
    return tuple(_port(row) for row in Lines(output).all("port") if row)


def _port(row: str) -> ListeningPort:
    words = row.split(maxsplit=5)
    address, _, port = words[3].rpartition(":")
    if words[0] != "LISTEN":
        raise ValueError("nobody listens")
    owner = re.search(r'"([^"]*)"', words[5]) if words[5:] else None
    host = address.partition("%")[0].strip("[]")
    return ListeningPort(
        address="::" if host == "*" else str(ip_address(host)),
        port=natural(port),
        process=owner[1] if owner else None,
    )


PORTS = Probe(
    "ports",
    """\
command -v ss >/dev/null || exit
set -f
IFS='
'
for row in $(ss -Htlnp); do printf 'port:%s\\n' "$row"; done
""",
    _ports,
)


def _firewall(output: str) -> Firewall:
    lines = Lines(output)
    words = {"yes": True, "active": True, "no": False, "inactive": False, "unknown": False}
    listed = lines.first("nft") == "listed"
    return Firewall(
        ufw_enabled=words.get((lines.first("ufw") or "").strip("\"'").lower()),
        firewalld_active=words.get(lines.first("firewalld") or ""),
        nft_tables=tuple(line.removeprefix("table ") for line in lines.all("table"))
        if listed
        else None,
        ufw_rules=lines.all("rule") if lines.first("rules") == "read" else None,
    )


# `nft` that is not installed leaves iptables-legacy possible, so tables stay unknown then.
FIREWALL = Probe(
    "firewall",
    """\
if [ -e /etc/ufw/ufw.conf ]; then sed -n 's/^ENABLED=/ufw:/p' /etc/ufw/ufw.conf
else echo ufw:no
fi
if [ -r /etc/ufw/user.rules ]; then
  echo rules:read
  sed -n 's/^### tuple ### /rule:/p' /etc/ufw/user.rules
fi
if command -v firewalld >/dev/null; then
  printf 'firewalld:%s\\n' "$(systemctl is-active firewalld)"
else echo firewalld:no
fi
if tables=$(nft list tables); then
  echo nft:listed
  set -f
  IFS='
'
  for row in $tables; do printf 'table:%s\\n' "${row#table }"; done
fi
:
""",
    _firewall,
)
