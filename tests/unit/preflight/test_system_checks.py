"""Is the operating system one that a kubelet can live on?"""

from __future__ import annotations

import pytest

import fit
from fit import Found, check, host
from kuberry.model.facts import Architecture, Cgroups, InitSystem, Privileges


@pytest.mark.parametrize(
    ("identifier", "version"), [("fedora", "43"), ("debian", "11"), ("debian", None)]
)
def test_unknown_systems(identifier: str, version: str | None) -> None:
    """An old Debian, a rolling one and another distribution are refused."""
    found = check(host("red", os=fit.system(identifier, version)))

    assert Found("KB201", "error", "red") in found


@pytest.mark.parametrize(("identifier", "version"), [("debian", "13"), ("ubuntu", "24.04")])
def test_known_systems(identifier: str, version: str) -> None:
    """They pass."""
    found = check(host("red", os=fit.system(identifier, version)))

    assert "KB201" not in {one.code for one in found}


@pytest.mark.parametrize(
    ("machine", "userland", "bits", "code"),
    [
        ("armv7l", "armhf", 32, "KB202"),
        ("x86_64", None, 64, "KB202"),
        ("riscv64", "riscv64", 64, "KB202"),
        ("aarch64", "armhf", 32, "KB203"),
        ("x86_64", "i386", 32, "KB203"),
    ],
)
def test_architectures_kubernetes_does_not_run_on(
    machine: str, userland: str | None, bits: int, code: str
) -> None:
    """32-bit programs on a 64-bit kernel have a code of their own: the remedy is another image."""
    architecture = Architecture(machine=machine, userland=userland, long_bit=bits)
    codes = [one.code for one in check(host("red", architecture=architecture))]

    assert [one for one in codes if one.startswith("KB20")] == [code]


def test_64_bit_arm_is_an_architecture() -> None:
    """The Pis we are for."""
    architecture = Architecture(machine="aarch64", userland="arm64", long_bit=64)

    assert {one.code for one in check(host("red", architecture=architecture))} == {"KB503"}


def test_no_systemd() -> None:
    """Units are how everything is kept running."""
    init = InitSystem(name="openrc", state=None, failed_units=None, reboot_required=False)

    assert check(host("red", init=init)) == [Found("KB204", "error", "red")]


def test_memory_control_group() -> None:
    """Raspberry Pi OS boots without it; the remedy names the file."""
    off = Cgroups(version="v2", controllers=("cpu", "pids"), memory=False)

    assert check(host("red", cgroups=off)) == [Found("KB205", "error", "red")]


def test_no_way_to_become_root() -> None:
    """Without sudo nothing can be installed."""
    privileges = Privileges(user="pi", root=False, reason="sudo wants a password")

    assert check(host("red", privileges=privileges)) == [Found("KB206", "error", "red")]
