"""The lab ends as an inventory: names, and how to log in."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from kuberry.errors import PreflightFailed
from kuberry.lab import disks
from kuberry.lab.inventory import lab_hosts, read_state, state_file
from kuberry.model.lab import LabHost, LabShape, LabState


@pytest.fixture
def lab(tmp_path: Path) -> LabState:
    """Give a lab of two hosts, remembered in its directory."""
    subnet = IPv4Network("10.88.0.0/24")
    hosts = tuple(
        LabHost(name=name, number=number, address=subnet[number], shape=LabShape())
        for name, number in (("red", 2), ("red01", 3))
    )
    lab = LabState(lab_id="0a1b2c", lab_dir=tmp_path / "lab", subnet=subnet, hosts=hosts)
    disks.make_lab_dir(lab.lab_dir)
    disks.write_state(lab)
    return lab


def test_no_lab_has_no_hosts(tmp_path: Path) -> None:
    """A user without a lab is not disturbed."""
    assert lab_hosts(tmp_path) == {}


def test_every_host_says_how_to_log_in(lab: LabState) -> None:
    """Address, user, key and host keys are all the lab's own."""
    hosts = lab_hosts(lab.lab_dir)
    assert list(hosts) == ["red", "red01"]
    red = hosts["red"]
    assert (red.target, red.user, red.port, red.source) == ("10.88.0.2", "kuberry", 22, "lab")
    assert red.identity_file == lab.lab_dir / "id_ed25519"
    assert red.known_hosts_file == lab.lab_dir / "known_hosts"


def test_a_state_survives_its_file(lab: LabState) -> None:
    """What was written is what is read."""
    assert read_state(lab.lab_dir) == lab


def test_nobody_is_at_the_unused_address(lab: LabState) -> None:
    """It belongs to the subnet, to no host, not to the controller, and can never be given away."""
    assert lab.unused_address in lab.subnet
    assert lab.unused_address not in {lab.controller, *(host.address for host in lab.hosts)}
    with pytest.raises(ValueError, match="number"):
        LabHost(name="x", number=254, address=IPv4Address("10.88.0.254"), shape=LabShape())


def test_a_broken_file_is_said_with_the_way_out(lab: LabState) -> None:
    """The remedy removes the file and what may still run."""
    state_file(lab.lab_dir).write_text("{}")
    with pytest.raises(PreflightFailed, match="not one that this kuberry wrote") as caught:
        lab_hosts(lab.lab_dir)
    assert "lab down" in caught.value.remedy


def test_an_unknown_host_is_a_key_error(lab: LabState) -> None:
    """Programs that ask for a host that is not there have a bug."""
    with pytest.raises(KeyError, match="nobody"):
        lab.login("nobody")


def test_each_host_resolves_itself_and_the_others(lab: LabState) -> None:
    """/etc/hosts leads a host's own name to its address, not to the loopback, as kubeadm needs."""
    lines = disks.hosts_file(lab, lab.hosts[1]).splitlines()
    assert "10.88.0.3 red01" in lines
    assert "10.88.0.2 red" in lines
    assert not any(line.startswith("127.") and "red" in line for line in lines)


def test_the_reader_needs_no_posix_module_and_no_asyncssh() -> None:
    """Any controller can read a lab's inventory, quickly."""
    blocked = ("fcntl", "pwd", "grp", "termios", "asyncssh", "ClusterShell")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); import kuberry.lab.inventory"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
