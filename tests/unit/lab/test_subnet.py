"""The lab's network is one that this machine does not use."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest

from kuberry.errors import LabUnavailable
from kuberry.lab.subnet import choose, routed


def test_the_first_free_network_is_taken() -> None:
    """Networks that overlap what is in use, wider or narrower, are passed over."""
    taken = [IPv4Network("10.88.0.0/23"), IPv4Network("10.88.2.128/25")]
    assert choose(taken) == IPv4Network("10.88.3.0/24")


def test_labs_begin_to_search_at_places_of_their_own() -> None:
    """And go round the range; the other ranges come after it."""
    assert choose([], 0xABCDEF) == IPv4Network("10.88.239.0/24")
    assert choose([IPv4Network("10.88.255.0/24")], 255) == IPv4Network("10.88.0.0/24")
    assert choose([IPv4Network("10.88.0.0/16")], 3) == IPv4Network("172.29.3.0/24")


def test_another_range_is_used_when_one_is_full() -> None:
    """A machine that routes all of 10/8 gets a lab in another private range."""
    assert choose([IPv4Network("10.0.0.0/8")]) == IPv4Network("172.29.0.0/24")


def test_no_free_network_is_a_refusal() -> None:
    """Where everything is in use, the error says so and what to look at."""
    everything = [IPv4Network(f"{one}.0.0.0/8") for one in (10, 172, 192)]
    with pytest.raises(LabUnavailable, match="in use") as caught:
        choose(everything)
    assert "ip route" in caught.value.remedy


def test_routes_and_addresses_count_the_default_route_does_not() -> None:
    """In use is what is routed or addressed; the default route would be everything."""
    routes = json.dumps([{"dst": "default"}, {"dst": "10.88.0.0/24"}, {"dst": "10.1.2.3"}])
    info = [{"family": "inet", "local": "192.168.7.5", "prefixlen": 24}]
    addresses = json.dumps([{"addr_info": info}, {"addr_info": [{"family": "inet6"}]}, {}])
    found = set(routed(routes, addresses))
    assert found == {
        IPv4Network("10.88.0.0/24"),
        IPv4Network("10.1.2.3/32"),
        IPv4Network("192.168.7.0/24"),
    }


def test_a_machine_without_any_route_is_all_free() -> None:
    """`ip -json` prints nothing at all for an empty table."""
    assert list(routed("", "")) == []
