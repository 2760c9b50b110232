"""Disks of servers to be: a slow one is a warning with its figure, and SQLite needs none."""

from __future__ import annotations

from typing import Any

import pytest

import made_up as make
from fit import Found, check, host
from kuberry.model.facts import Flush, Unknown
from kuberry.model.finding import Finding
from kuberry.model.installed import HostRecord
from kuberry.preflight import run

THREE = {"distribution": "k3s", "network": "flannel", "more_servers": ("red01", "red02")}
FAST = Flush(writes=500, p99_ms=1.2)
CARD = Flush(writes=61, p99_ms=87.4)


def _found(**of_red01: Any) -> list[Finding]:
    hosts = [
        host(name, **({"flush": FAST} | (of_red01 if name == "red01" else {})))
        for name in ("red", "red01", "red02")
    ]
    wish = make.cluster("red", "red01", "red02").model_copy(update=THREE)
    seen = {one.name: one for one in hosts}
    return [one for one in run(wish, seen, None) if one.code == "KB606"]


def test_fast_disks_are_no_finding() -> None:
    """Below 10 ms etcd is content."""
    assert _found() == []
    assert _found(flush=Flush(writes=500, p99_ms=9.9)) == []


@pytest.mark.parametrize("flush", [CARD, Flush(writes=500, p99_ms=10.0)])
def test_a_slow_disk_is_a_warning_with_the_figure(flush: Flush) -> None:
    """What was measured, what is wanted, on which disk, and the two ways out."""
    (found,) = _found(flush=flush)

    assert (found.severity, found.host) == ("warning", "red01")
    assert f"{flush.p99_ms:.1f} ms" in found.proof
    assert "/dev/mmcblk0p2" in found.proof
    assert "SSD" in found.remedy
    assert "SQLite" in found.remedy


def test_what_could_not_be_measured_is_said() -> None:
    """A silent pass would be a lie."""
    (found,) = _found(flush=None, unknown=(Unknown(subject="flush", reason="it is read-only"),))
    assert "it is read-only" in found.proof


def test_nobody_asks_where_etcd_is_not_to_be() -> None:
    """One server has SQLite; an agent has nothing of it."""
    one = {"distribution": "k3s", "network": "flannel"}
    assert Found("KB606", "warning", "red") not in check(host("red", flush=CARD), wish=one)
    wish = {**THREE, "more_servers": ("red02",)}
    hosts = [host(name, flush=CARD) for name in ("red", "red01", "red02")]
    slow = [found.host for found in check(*hosts, wish=wish) if found.code == "KB606"]
    assert slow == ["red", "red02"]


def test_a_server_that_is_one_already_is_left_alone() -> None:
    """There etcd itself is at work; nothing is measured, and nothing is said."""
    there = make.installed(record=HostRecord(cluster="shelf"))
    hosts = {name: host(name, there=there) for name in ("red", "red01", "red02")}
    wish = make.cluster("red", "red01", "red02").model_copy(update=THREE)
    assert [one for one in run(wish, hosts, None) if one.code == "KB606"] == []


@pytest.mark.parametrize(
    ("is_ours", "joined", "codes"), [(False, True, ["KB505"]), (True, True, []), (False, False, [])]
)
def test_an_empty_first_server_begins_no_second_cluster(
    *, is_ours: bool, joined: bool, codes: list[str]
) -> None:
    """The others hold the cluster it once began; before anybody has joined all is well."""
    record = HostRecord(cluster="shelf")
    hosts = {name: host(name, flush=FAST) for name in ("red", "red01", "red02")}
    hosts["red"] = host("red", flush=FAST, there=make.installed(is_ours=is_ours))
    hosts["red01"] = host("red01", there=make.installed(record=record, joined=joined))
    wish = make.cluster("red", "red01", "red02").model_copy(update=THREE)
    found = [one for one in run(wish, hosts, None) if one.code == "KB505"]
    assert [one.code for one in found] == codes
    assert {one.host for one in found} <= {"red"}
