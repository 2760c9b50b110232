"""What hosts feel is found, and silence is the answer where they feel well or do not tell."""

from __future__ import annotations

import dataclasses

import pytest

import fit
import made_up as make
from fit import GIB, Found, check, host
from kuberry.facts.health import throttling
from kuberry.model.facts import (
    Board,
    Card,
    Cgroups,
    Firewall,
    Health,
    InitSystem,
    Interface,
    Kernel,
    Network,
)
from kuberry.preflight import run

WELL = Health(temperature_c=45.0, throttling=throttling(0), cpu_frequency_mhz=1500, load_1min=0.1)


def feeling(raw: int | None = 0, temperature_c: float | None = 45.0) -> Health:
    """Return how a host feels whose firmware says *raw*."""
    seen = None if raw is None else throttling(raw)
    return WELL.model_copy(update={"throttling": seen, "temperature_c": temperature_c})


@pytest.mark.parametrize("health", [None, WELL, feeling(None, None), feeling(0, 79.9)])
def test_hosts_that_feel_well_or_do_not_tell(health: Health | None) -> None:
    """No sensor is no fault."""
    assert check(host("red", health=health)) == []


@pytest.mark.parametrize(
    ("raw", "temperature_c", "codes"),
    [
        (0x1, 45.0, ["KB601"]),
        (0x4, 45.0, ["KB602"]),
        (0x8, 45.0, ["KB602"]),
        (0x0, 80.0, ["KB602"]),
        (None, 85.5, ["KB602"]),
        (0x50000, 45.0, ["KB603"]),
        (0x50005, 81.0, ["KB601", "KB602"]),
        (0x2, 45.0, []),
    ],
)
def test_power_and_heat(raw: int | None, temperature_c: float, codes: list[str]) -> None:
    """Bits 0 to 3 are now, 16 to 19 since boot; what is now is not told twice."""
    found = check(host("red", health=feeling(raw, temperature_c)))

    assert found == [Found(code, "warning", "red") for code in codes]


@pytest.mark.parametrize(
    ("card", "found"),
    [
        (Card(device="mmcblk0", kind="MMC", worn_percent=80, spare="normal"), False),
        (Card(device="mmcblk0", kind="MMC", worn_percent=90), True),
        (Card(device="mmcblk0", kind="MMC", worn_percent=10, spare="urgent"), True),
        (Card(device="mmcblk0", kind="SD"), False),
    ],
)
def test_wear(card: Card, found: bool) -> None:  # noqa: FBT001
    """An SD card that does not tell its wear is not called worn."""
    expected = [Found("KB604", "warning", "red")] if found else []

    assert check(host("red", cards=(card,))) == expected


def test_a_slow_card_counts_where_the_cluster_lies_on_it() -> None:
    """A card in a slot beside the disk that is used may be as slow as it likes."""
    slow = Card(device="mmcblk0", kind="SD", speed_class=4, application_class=0)
    quick = slow.model_copy(update={"speed_class": 10, "application_class": 2})
    plain = slow.model_copy(update={"speed_class": 10})
    unknown = Card(device="mmcblk0", kind="SD")
    other = slow.model_copy(update={"device": "mmcblk1"})
    disk = fit.disk(20 * GIB)

    assert disk.source == "/dev/mmcblk0p2"
    for card in (slow, plain):
        assert check(host("red", cards=(card,), disks=(disk,))) == [
            Found("KB605", "warning", "red")
        ]
    for card in (quick, unknown, other):
        assert check(host("red", cards=(card,), disks=(disk,))) == []


def _kernel(page_size_bytes: int | None) -> Kernel:
    return Kernel(release="6.12", page_size_bytes=page_size_bytes, command_line=())


def test_large_pages() -> None:
    """A Pi 5's own kernel has them; unknown is no finding."""
    assert check(host("red", kernel=_kernel(16384))) == [Found("KB208", "warning", "red")]
    for size in (4096, None):
        assert check(host("red", kernel=_kernel(size))) == []


@pytest.mark.parametrize(
    ("groups", "version", "severity"),
    [
        ("v1", "v1.35.0", "error"),
        ("hybrid", "v1.37.1", "error"),
        ("v1", "", "warning"),
        ("v1", "v1.34.9", None),
        ("v2", "v1.37.1", None),
    ],
)
def test_old_control_groups(groups: str, version: str, severity: str | None) -> None:
    """Kubernetes from 1.35 on refuses them; while no version is chosen it is a warning."""
    seen = Cgroups.model_validate({"version": groups, "controllers": ("memory",), "memory": True})
    found = check(host("red", cgroups=seen), pieces=fit.bundle(), wish={"version": version})
    expected = [Found("KB207", severity, "red")] if severity else []

    assert [one for one in found if one.code == "KB207"] == expected


def test_a_reboot_that_is_due() -> None:
    """It is said before the cluster is at work."""
    due = InitSystem(name="systemd", state="running", failed_units=(), reboot_required=True)

    assert check(host("red", init=due)) == [Found("KB209", "warning", "red")]


def test_the_name_of_a_fresh_card() -> None:
    """One is worth a word; two are an error of their own."""
    fresh = [
        host(name, identity=fit.identity(name, hostname="raspberrypi")) for name in ("red", "red01")
    ]

    assert check(fresh[0], host("red01")) == [Found("KB106", "info", "red")]
    assert Found("KB102", "error", None) in check(*fresh)


def test_a_clock_nobody_keeps_right() -> None:
    """Unknown is no finding, and a container has the clock of its machine."""
    seen = fit.clock(0.0).model_copy(update={"synchronised": False})
    unknown = seen.model_copy(update={"synchronised": None})

    assert check(host("red", clock=seen, virtualization="none")) == [
        Found("KB306", "warning", "red")
    ]
    assert check(host("red", clock=unknown)) == []
    assert check(host("red", clock=seen, virtualization="systemd-nspawn")) == []


def test_a_controller_whose_clock_is_wrong() -> None:
    """Only hosts that all disagree with us the same way say that it may be us."""
    ahead = [host(name, clock=fit.clock(40.0)) for name in ("red", "red01")]
    vague = host("red", clock=fit.clock(40.0, uncertainty_s=20.0))

    assert check(*ahead) == [Found("KB307", "warning", None)]
    assert check(vague) == []
    assert "KB307" not in {one.code for one in check(ahead[0], host("red01"))}


def _login_by(**changes: object) -> Network:
    known = fit.network("red", "10.0.0.1/24")
    interface = Interface.model_validate(known.interfaces[0].model_dump() | changes)
    return known.model_copy(update={"interfaces": (interface,)})


def test_wifi_counts_where_we_are_logged_in_by_it() -> None:
    """A Wi-Fi beside the cable does not carry the cluster."""
    wifi = _login_by(name="wlan0", wireless=True, speed_mbps=None)
    cable = fit.network("red", "10.0.0.1/24")
    beside = wifi.interfaces[0].model_copy(update={"addresses": ("192.168.7.1/24",)})
    both = cable.model_copy(update={"interfaces": (*cable.interfaces, beside)})

    assert check(host("red", network=wifi)) == [Found("KB407", "warning", "red")]
    assert check(host("red", network=both)) == []


@pytest.mark.parametrize(
    ("model", "speed", "found"),
    [
        ("Raspberry Pi 5 Model B Rev 1.0", 100, True),
        ("Raspberry Pi 5 Model B Rev 1.0", 1000, False),
        ("Raspberry Pi 5 Model B Rev 1.0", None, False),
        ("Raspberry Pi 3 Model B Rev 1.2", 100, False),
        ("Raspberry Pi 3 Model B Rev 1.2", 10, True),
    ],
)
def test_links(model: str, speed: int | None, found: bool) -> None:  # noqa: FBT001
    """A bad cable falls back to less than the board has."""
    board = Board(model=model, serial="1")
    seen = check(host("red", board=board, network=_login_by(speed_mbps=speed)))

    assert seen == ([Found("KB408", "warning", "red")] if found else [])


def test_packet_filters() -> None:
    """Those that are known to be at work; installed alone is no finding."""
    ufw = Firewall(ufw_enabled=True, firewalld_active=False, nft_tables=None)
    idle = Firewall(ufw_enabled=False, firewalld_active=None, nft_tables=("ip nat",))

    assert check(host("red", firewall=ufw)) == [Found("KB409", "warning", "red")]
    assert check(host("red", firewall=idle)) == []


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ((), True),
        (("10.0.0.2", "10.244.0.0/16"), True),
        (("10.0.0.2", "10.244.0.0/16", "10.96.0.0/16"), False),
    ],
)
def test_ufw_that_lets_the_cluster_through_is_no_finding(
    rules: tuple[str, ...], *, found: bool
) -> None:
    """The other hosts, the pods and the services: all of them or a warning."""
    ufw = Firewall(
        ufw_enabled=True,
        firewalld_active=False,
        nft_tables=None,
        ufw_rules=tuple(f"allow any any 0.0.0.0/0 any {one} in comment=6b" for one in rules),
    )
    network = fit.network("red01", "10.0.0.2/24")

    seen = check(host("red", firewall=ufw), host("red01", network=network))

    assert seen == ([Found("KB409", "warning", "red")] if found else [])


def test_without_a_bundle_what_rests_on_it_is_left_out() -> None:
    """The hosts themselves are checked all the same."""
    spoiled = dataclasses.replace(
        host("red"), facts=host("red", health=feeling(0x1)).facts.model_copy(update={"os": None})
    )
    wish = make.cluster("red").model_copy(update={"version": "", "bundle": ""})
    codes = {one.code for one in run(wish, {"red": spoiled}, None)}

    assert codes == {"KB100", "KB601"}
    assert {one.code for one in run(wish, {"red": host("red")}, None)} == set()
