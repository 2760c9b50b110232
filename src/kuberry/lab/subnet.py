"""Choose a network that this machine does not use. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from kuberry.errors import LabUnavailable

_RANGES = (IPv4Network("10.88.0.0/16"), IPv4Network("172.29.0.0/16"), IPv4Network("192.168.0.0/16"))
"""Searched in this order; pods (10.244) and services (10.96) of Kubernetes live elsewhere."""


def choose(taken: Iterable[IPv4Network], first: int = 0) -> IPv4Network:
    """Return a private network of 254 addresses that overlaps none of *taken*.

    Args:
        first: Where in the first range the search begins: labs that begin at places of their own
            find their network free again when they come back, whoever came meanwhile.

    Raises:
        LabUnavailable: Every candidate is taken.
    """
    used = tuple(taken)
    for candidate in _candidates(first):
        if not any(candidate.overlaps(network) for network in used):
            return candidate
    ranges = ", ".join(map(str, _RANGES))
    msg = f"every network in {ranges} is routed or in use on this machine"
    raise LabUnavailable(msg, remedy="ip route shows what is in use; free a network for the lab")


def _candidates(first: int) -> Iterator[IPv4Network]:
    for network in _RANGES:
        subnets = tuple(network.subnets(new_prefix=24))
        start = first % len(subnets)
        yield from (*subnets[start:], *subnets[:start])


def routed(routes: str, addresses: str) -> Iterator[IPv4Network]:
    """Yield the networks in use, from the JSON of ``ip route show table all`` and ``ip address``.

    The default route is no network in use: it holds every address.
    """
    for route in json.loads(routes or "[]"):
        destination = route.get("dst", "default")
        if destination != "default" and ":" not in destination:
            yield IPv4Network(destination, strict=False)
    for link in json.loads(addresses or "[]"):
        for entry in link.get("addr_info", []):
            if entry.get("family") == "inet":
                yield IPv4Network(f"{entry['local']}/{entry['prefixlen']}", strict=False)
