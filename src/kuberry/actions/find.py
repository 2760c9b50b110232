"""hosts find: who is in our networks, and which of them are hosts."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, ip_address

from kuberry.errors import UsageError
from kuberry.facts import neighbours as seen
from kuberry.facts import sweep
from kuberry.facts.neighbours import Announced
from kuberry.hostlist import fold
from kuberry.model.event import Emit, Phase
from kuberry.model.found import FindReport, FoundHost, Source, is_raspberry_pi


@dataclasses.dataclass(frozen=True, slots=True)
class Search:
    """How to look.

    Attributes:
        timeout_s: Seconds for mDNS answers, and for each SSH server.
        sweep: Whether to ask every address of our own networks.
        network: Sweep this part of them alone.
        any_machine: Whether machines that are no Raspberry Pis belong into the expression when
            they only answer as SSH servers.
    """

    timeout_s: float = 5.0
    sweep: bool = False
    network: str | None = None
    any_machine: bool = False


async def find(search: Search, emit: Emit) -> FindReport:
    """Look for hosts; without a sweep nothing is sent but by avahi.

    Raises:
        UsageError: The network is none of ours or too large, or this machine has no iproute2.
    """
    notes: list[str] = []
    try:
        own = await seen.own_addresses()
    except OSError:
        message = "the tables of this machine's networks cannot be read: there is no ip(8)"
        raise UsageError(message, remedy="run it on Linux, with iproute2") from None
    swept = sweep.choose(own, search.network) if search.sweep else ()
    if swept:
        emit(Phase(name="sweep", message=f"asking every address of {', '.join(map(str, swept))}"))
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(seen.announced(search.timeout_s))
        if swept:
            group.create_task(sweep.nudge(swept, own))
    announced = asking.result()
    if announced is None:
        notes.append("mDNS was not asked: avahi-browse is not installed (package avahi-utils)")
    table = await seen.neighbours()
    inside = [one for one in table if _inside(one, swept)]
    ssh = await sweep.banners(inside, timeout_s=min(search.timeout_s, 3.0)) if swept else {}
    mine = {str(one.ip) for one in own}
    hosts = [one for one in gather(table, announced or (), ssh, inside) if one.address not in mine]
    return FindReport(
        expression=expression(hosts, any_machine=search.any_machine),
        hosts=tuple(sorted(hosts, key=_order)),
        swept=tuple(map(str, swept)),
        notes=tuple(notes),
    )


def _inside(address: str, networks: Sequence[IPv4Network]) -> bool:
    parsed = ip_address(address)
    return isinstance(parsed, IPv4Address) and any(parsed in one for one in networks)


def gather(
    table: Mapping[str, str],
    announced: Sequence[Announced],
    ssh: Mapping[str, str],
    swept: Sequence[str],
) -> list[FoundHost]:
    """Return one entry for each machine: of several addresses of one, IPv4 wins. Pure.

    Args:
        table: Hardware addresses by address.
        ssh: What SSH servers call themselves, by address.
        swept: Addresses that were asked in a sweep.
    """
    names = {one.address: one.name for one in announced}
    entries = [
        FoundHost(
            address=address,
            name=names.get(address),
            mac=table.get(address),
            raspberry_pi=is_raspberry_pi(table.get(address)),
            ssh=ssh.get(address),
            announces_ssh=address in names,
            sources=_sources(address, table, names, swept),
        )
        for address in dict.fromkeys((*table, *names))
    ]
    with_ipv4 = {one.mac for one in entries if ":" not in one.address and one.mac}
    return [one for one in entries if ":" not in one.address or one.mac not in with_ipv4]


def _sources(
    address: str, table: Mapping[str, str], names: Mapping[str, str], swept: Sequence[str]
) -> tuple[Source, ...]:
    found: list[tuple[Source, bool]] = [
        ("neighbour", address in table),
        ("mdns", address in names),
        ("sweep", address in swept),
    ]
    return tuple(word for word, is_so in found if is_so)


def expression(hosts: Sequence[FoundHost], *, any_machine: bool) -> str:
    """Return what can be pasted into ``--hosts``: names where they are announced. Pure."""
    wanted = [one for one in hosts if is_host(one) or (any_machine and one.ssh)]
    names = (one.name or one.address for one in sorted(wanted, key=_order))
    return fold(dict.fromkeys(names))


def is_host(found: FoundHost) -> bool:
    """Return whether it is a host as far as can be told without asking for more."""
    return found.raspberry_pi or found.announces_ssh


def _order(found: FoundHost) -> tuple[bool, bool, int]:
    parsed = ip_address(found.address)
    return (not found.raspberry_pi, not isinstance(parsed, IPv4Address), int(parsed))
