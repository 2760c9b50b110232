"""What this machine's own tables say is read as what it means."""

from __future__ import annotations

import json
from ipaddress import IPv4Interface, IPv4Network

import pytest

from kuberry.errors import UsageError
from kuberry.facts.neighbours import (
    Announced,
    _output,
    networks,
    parse_addresses,
    parse_announced,
    parse_neighbours,
)
from kuberry.facts.sweep import choose

LAN = IPv4Interface("192.168.1.5/24")


def test_neighbours_that_answered_count() -> None:
    """Not those that were only asked for, nor link-local ones."""
    rows = [
        {"dst": "10.0.0.2", "dev": "eth0", "lladdr": "dc:a6:32:01:02:03", "state": ["STALE"]},
        {"dst": "10.0.0.3", "dev": "eth0", "state": ["INCOMPLETE"]},
        {"dst": "10.0.0.4", "dev": "eth0", "lladdr": "02:00:00:00:00:01", "state": ["FAILED"]},
        {"dst": "fe80::1", "dev": "eth0", "lladdr": "02:00:00:00:00:02", "state": ["REACHABLE"]},
        {"dst": "fd00::2", "lladdr": "02:00:00:00:00:03", "router": None, "state": ["STALE"]},
    ]

    assert parse_neighbours(json.dumps(rows)) == {
        "10.0.0.2": "dc:a6:32:01:02:03",
        "fd00::2": "02:00:00:00:00:03",
    }
    assert parse_neighbours("") == {}


def test_own_addresses_are_those_of_real_links() -> None:
    """The loopback is no network of ours."""
    rows = [
        {
            "ifname": "lo",
            "flags": ["LOOPBACK", "UP"],
            "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}],
        },
        {
            "ifname": "eth0",
            "flags": ["UP"],
            "addr_info": [{"family": "inet", "local": "192.168.1.5", "prefixlen": 24}],
        },
        {"ifname": "wlan0", "flags": [], "addr_info": [{}]},
    ]

    assert parse_addresses(json.dumps(rows)) == (LAN,)
    assert networks((LAN, LAN, IPv4Interface("10.9.9.9/32"))) == (IPv4Network("192.168.1.0/24"),)


def test_announcements_are_read_with_their_escapes() -> None:
    """Resolved IPv4 lines alone; names that are no host names are left out."""
    lines = [
        "+;eth0;IPv4;red\\032\\0912\\093;_ssh._tcp;local",
        '=;eth0;IPv4;red\\032\\0912\\093;_ssh._tcp;local;Red.local;192.168.1.20;22;"a;b"',
        '=;eth0;IPv6;red;_ssh._tcp;local;red.local;fe80::1;22;""',
        '=;eth0;IPv4;x;_workstation._tcp;local;evil\\059\\027name;192.168.1.21;9;""',
        '=;eth0;IPv4;x;_workstation._tcp;local;red.local;192.168.1.20;9;""',
        "=;eth0;IPv4;cut",
    ]

    assert parse_announced(lines) == (Announced("red.local", "192.168.1.20"),)


def test_our_own_networks_are_swept_or_a_part_of_them() -> None:
    """A large one by parts only."""
    large = IPv4Interface("10.1.2.3/16")

    assert choose((LAN,), None) == (IPv4Network("192.168.1.0/24"),)
    assert choose((LAN, large), "10.1.4.0/22") == (IPv4Network("10.1.4.0/22"),)


@pytest.mark.parametrize(
    ("own", "wanted", "words"),
    [
        ((LAN,), "192.168.2.0/24", "none of this machine's own"),
        ((LAN,), "0.0.0.0/0", "none of this machine's own"),
        ((LAN,), "192.168.1.5/24", "is no network"),
        ((LAN,), "red", "is no network"),
        ((IPv4Interface("10.1.2.3/21"),), None, "too many addresses"),
        ((IPv4Interface("10.1.2.3/16"),), "10.1.0.0/21", "too many addresses"),
        ((), None, "no IPv4 network"),
    ],
)
def test_nobody_elses_network_and_no_large_one_is_swept(
    own: tuple[IPv4Interface, ...], wanted: str | None, words: str
) -> None:
    """The refusal comes before a single packet."""
    with pytest.raises(UsageError, match=words):
        choose(own, wanted)


async def test_a_program_that_hangs_is_ended_and_what_it_said_counts() -> None:
    """avahi-browse waits for daemons that may never answer."""
    text = await _output("sh", "-c", "echo early; exec sleep 60", timeout_s=0.3)

    assert text == "early\n"


async def test_a_program_that_ends_is_heard_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody else reaps it before the event loop does."""
    for _ in range(5):
        assert await _output("sh", "-c", "echo one; echo two") == "one\ntwo\n"
    assert caplog.text == ""
