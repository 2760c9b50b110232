"""The faults of a campaign are real: what they strike is struck, and works again afterwards."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from pathlib import Path
from typing import cast

import pytest

from kuberry.api.lab import lab_shell, lab_up
from kuberry.campaign.case import CONTROL_PLANE, Case, Fault
from kuberry.campaign.faults import Blow, Lift, strike
from kuberry.campaign.line import Line
from kuberry.campaign.place import Place
from kuberry.settings import Settings

pytestmark = pytest.mark.campaign

NOBODY = cast(Line, None)  # hosts are struck, not a line
STRIKES: tuple[tuple[Fault, int], ...] = (
    ("sshd killed", 1),
    ("link cut", 1),  # in silence
    ("link cut", 2),  # unplugged
    ("host rebooted", 1),
)


@pytest.fixture
def place(own_lab: Settings, tmp_path: Path) -> Place:
    """Give a place with one host."""
    asyncio.run(lab_up(CONTROL_PLANE, settings=own_lab))
    return Place(tmp_path)


def _blow(place: Place, fault: Fault, number: int) -> Blow:
    case = Case(
        seed=1,
        number=number,
        before="clean",
        command="deploy",
        fault=fault,
        where=0,
        moment=0,
        elsewhere=False,
        cut_s=5,  # OpenSSH gives up after three of its own signs of life, one a second
    )
    return Blow(place, case, CONTROL_PLANE, "")


def _struck(place: Place, fault: Fault, number: int = 1) -> Lift:
    return asyncio.run(strike(_blow(place, fault, number), NOBODY))


def _session(place: Place, text: str) -> subprocess.Popen[str]:
    """Start shell text on the host by OpenSSH; return once it has said something."""
    words = (*lab_shell(CONTROL_PLANE, settings=place.settings), "-o", "ServerAliveInterval=1")
    process = subprocess.Popen(
        (*words, "--", f"echo there; {text}"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def _on(place: Place, text: str) -> str:
    return asyncio.run(place.on(CONTROL_PLANE, text)).strip()


def test_faults_strike(place: Place) -> None:
    """Sessions end with their server or with the cable, power takes all, bytes are changed."""
    for fault, number in STRIKES:
        with _session(place, "sleep 300") as process:
            _struck(place, fault, number)
            assert process.wait(timeout=60) != 0, fault
        assert _on(place, "echo back") == "back"

    boot = _on(place, "cat /proc/sys/kernel/random/boot_id")
    lift = _struck(place, "power cut of a host")
    asyncio.run(_lifted(lift))
    assert _on(place, "cat /proc/sys/kernel/random/boot_id") != boot

    _on(place, "sudo sh -c 'cd /var/lib; mkdir -p kuberry/staging; echo 12345 >kuberry/staging/a'")
    _struck(place, "corrupted on the host")
    assert _on(place, "sudo cat /var/lib/kuberry/staging/a") != "12345"


async def _lifted(lift: Lift) -> None:
    await lift()


def test_a_full_disk_is_full_for_root_too(tmp_path: Path) -> None:
    """Not a byte more can be written, until there is room again."""
    disk = Place(tmp_path).disk
    disk.mkdir(parents=True)
    image = tmp_path / "image"
    with image.open("wb") as file:
        os.truncate(file.fileno(), 32 << 20)
    subprocess.run(("mkfs.ext4", "-q", "-m", "0", image), check=True)
    subprocess.run(("mount", "-o", "loop", image, disk), check=True)
    try:
        lift = _struck(Place(tmp_path), "disk full")
        with pytest.raises(OSError, match="No space") as raised:
            (disk / "more").write_bytes(bytes(10_000))
        assert raised.value.errno == errno.ENOSPC
        asyncio.run(_lifted(lift))
        (disk / "more").write_bytes(bytes(10_000))
    finally:
        subprocess.run(("umount", disk), check=True)
