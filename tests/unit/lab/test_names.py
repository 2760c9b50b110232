"""Every name that a lab gives on this machine leads back to the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.lab.names import Names, id_in, lab_id

NAMES = Names("0a1b2c")


def test_a_lab_keeps_its_id(tmp_path: Path) -> None:
    """The id depends on the directory alone, so that a lost lab is found again."""
    assert lab_id(tmp_path / "lab") == lab_id(tmp_path / "other" / ".." / "lab")
    assert lab_id(tmp_path / "lab") != lab_id(tmp_path / "lab2")


@pytest.mark.parametrize(
    "name", [NAMES.bridge, NAMES.table, NAMES.cgroup, f"{NAMES.cgroup}.slice", NAMES.link(250)]
)
def test_the_id_is_read_from_every_name(name: str) -> None:
    """What a killed lab left is known by its name."""
    assert id_in(name) == NAMES.lab_id


@pytest.mark.parametrize(
    "name", ["eth0", "kb", "kb0a1b2", "kb0a1b2cx", "kubernetes0a1b2c", "docker0", "kb0A1B2C"]
)
def test_foreign_names_are_left_alone(name: str) -> None:
    """What merely looks like a lab's name is none."""
    assert id_in(name) is None


def test_link_names_are_short_enough() -> None:
    """The kernel takes 15 characters (IFNAMSIZ)."""
    assert max(len(NAMES.bridge), len(NAMES.link(250))) <= 15


def test_hardware_addresses_are_local_and_differ() -> None:
    """Locally administered unicast addresses, one for each number."""
    macs = [NAMES.mac(number) for number in range(1, 251)]
    assert len(set(macs)) == len(macs)
    assert {int(mac[:2], 16) & 0b11 for mac in macs} == {0b10}
