"""What this machine knows of its networks: its own addresses, its neighbours, who announces SSH.

Nothing is sent here but what avahi's own daemon asks its link.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shutil
from collections.abc import Iterable
from ipaddress import IPv4Interface, IPv4Network, ip_address

from pydantic import TypeAdapter

from kuberry.model.value import Value

_TOOL_S = 5.0
_SERVICES = ("_ssh._tcp", "_workstation._tcp")


class _Neighbour(Value, extra="ignore"):
    """An entry of ``ip -j neigh``; without a hardware address nobody answered there."""

    dst: str
    dev: str = ""
    lladdr: str | None = None
    state: tuple[str, ...] = ()


class _Address(Value, extra="ignore"):
    family: str = ""
    local: str = ""
    prefixlen: int = 0


class _Link(Value, extra="ignore"):
    ifname: str
    flags: tuple[str, ...] = ()
    addr_info: tuple[_Address, ...] = ()


_NEIGHBOURS = TypeAdapter(tuple[_Neighbour, ...])
_LINKS = TypeAdapter(tuple[_Link, ...])


@dataclasses.dataclass(frozen=True, slots=True)
class Announced:
    """A machine that announces itself by mDNS."""

    name: str
    address: str


async def neighbours() -> dict[str, str]:
    """Return hardware addresses by IP address; link-local addresses are left out.

    Raises:
        OSError: This machine has no ``ip`` of iproute2.
    """
    return parse_neighbours(await _output("ip", "-j", "neigh", "show"))


def parse_neighbours(text: str) -> dict[str, str]:
    """Read ``ip -j neigh`` (iproute2, ip/ipneigh.c)."""
    rows = _NEIGHBOURS.validate_json(text or "[]")
    dead = {"FAILED", "INCOMPLETE"}
    return {
        one.dst: one.lladdr
        for one in rows
        if one.lladdr and not dead.intersection(one.state) and not ip_address(one.dst).is_link_local
    }


async def own_addresses() -> tuple[IPv4Interface, ...]:
    """Return this machine's IPv4 addresses with their networks, without those of the loopback.

    Raises:
        OSError: This machine has no ``ip`` of iproute2.
    """
    return parse_addresses(await _output("ip", "-j", "-4", "addr", "show"))


def parse_addresses(text: str) -> tuple[IPv4Interface, ...]:
    """Read ``ip -j addr`` (iproute2, ip/ipaddress.c)."""
    links = _LINKS.validate_json(text or "[]")
    return tuple(
        IPv4Interface(f"{one.local}/{one.prefixlen}")
        for link in links
        if "LOOPBACK" not in link.flags
        for one in link.addr_info
        if one.family == "inet"
    )


async def announced(timeout_s: float) -> tuple[Announced, ...] | None:
    """Return who announces SSH or a workstation; ``None`` where avahi-browse is not installed.

    Args:
        timeout_s: Seconds until what has come is all.
    """
    if shutil.which("avahi-browse") is None:
        return None
    async with asyncio.TaskGroup() as group:
        words = ("avahi-browse", "--resolve", "--terminate", "--parsable")
        tasks = [
            group.create_task(_output(*words, service, timeout_s=timeout_s))
            for service in _SERVICES
        ]
    return parse_announced(line for task in tasks for line in task.result().splitlines())


def parse_announced(lines: Iterable[str]) -> tuple[Announced, ...]:
    r"""Read ``avahi-browse --parsable --resolve``: fields with ``;``, others escaped as ``\032``.

    The fields are ``=;interface;IPv4;name;type;domain;host name;address;port;text``
    (avahi-browse(1); avahi-utils/avahi-browse.c, service_resolver_callback).
    """
    found: dict[str, Announced] = {}
    for line in lines:
        fields = line.split(";")
        if len(fields) < 9 or fields[0] != "=" or fields[2] != "IPv4":  # noqa: PLR2004
            continue
        name, address = _unescaped(fields[6]).lower(), fields[7]
        if re.fullmatch(r"[a-z0-9.-]{1,253}", name) and re.fullmatch("[0-9.]{7,15}", address):
            found.setdefault(address, Announced(name, address))
    return tuple(found.values())


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-9]{3})", lambda match: chr(int(match[1]) % 256), text)


def networks(addresses: Iterable[IPv4Interface]) -> tuple[IPv4Network, ...]:
    """Return the networks of *addresses*, each once; one of a single address is none."""
    found = (one.network for one in addresses if one.network.num_addresses > 1)
    return tuple(dict.fromkeys(found))


async def _output(*words: str, timeout_s: float = _TOOL_S) -> str:
    """Return what a program of this machine writes; one that takes too long is ended.

    What it had written until then counts.
    """
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *words, stdin=nothing, stdout=pipe, stderr=nothing
    )
    heard = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            while process.stdout and (piece := await process.stdout.read(65536)):
                heard += piece
            await process.wait()
    except (TimeoutError, asyncio.CancelledError) as error:
        process.terminate()
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
    return heard.decode(errors="replace")
