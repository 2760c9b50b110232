"""What hosts answered is read as what it means (origins: tests/data/hosts/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest

from kuberry.facts import boot, hardware, health, network, system
from kuberry.facts.gather import AS_USER
from kuberry.facts.probe import Probe

T = TypeVar("T")
HOSTS = Path(__file__).parents[2] / "data" / "hosts"
FILES = sorted(HOSTS.glob("*/*.txt"))
GIB = 2**30


def seen(host: str, probe: Probe[T]) -> T:
    """Read what *host* answered to *probe*."""
    return probe.read((HOSTS / host / f"{probe.subject}.txt").read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_recorded_answer_is_read(path: Path) -> None:
    """No answer in the collection is a riddle to its parser."""
    probes = {probe.subject: probe for probe in AS_USER}

    assert probes[path.name.split(".")[0]].read(path.read_text("utf-8")) is not None


def test_raspberry_pi_os_of_64_bit_is_told_from_debian() -> None:
    """It calls itself Debian; /etc/rpi-issue tells."""
    pi, debian = seen("rpi5-trixie", system.OS), seen("debian13", system.OS)

    assert (pi.id, pi.version_id, pi.codename) == (debian.id, debian.version_id, debian.codename)
    assert (pi.raspberry_pi_os, debian.raspberry_pi_os) == (True, False)
    assert (pi.image, debian.image) == ("Raspberry Pi reference 2026-06-18", None)


def test_ubuntu_on_a_pi_is_no_raspberry_pi_os() -> None:
    """Quoted values lose their quotes."""
    ubuntu = seen("ubuntu-noble", system.OS)

    assert (ubuntu.id, ubuntu.version_id, ubuntu.codename) == ("ubuntu", "24.04", "noble")
    assert (ubuntu.pretty_name, ubuntu.raspberry_pi_os) == ("Ubuntu 24.04.2 LTS", False)


def test_32_bit_programs_on_a_64_bit_kernel_are_seen() -> None:
    """``uname -m`` alone would take this host for a 64-bit one."""
    raspbian = seen("rpi4-raspbian", system.ARCHITECTURE)

    assert (raspbian.machine, raspbian.userland) == ("aarch64", "armhf")
    assert raspbian.is_mixed
    assert not seen("rpi5-trixie", system.ARCHITECTURE).is_mixed


def test_the_memory_controller_is_off_where_it_is_listed_as_disabled() -> None:
    """Raspberry Pi OS boots like this."""
    cgroups = seen("rpi5-trixie", system.CGROUPS)

    assert (cgroups.version, cgroups.memory) == ("v2", False)
    assert cgroups.controllers == ("cpuset", "cpu", "io", "pids")


def test_the_memory_controller_is_on_though_proc_cgroups_is_silent() -> None:
    """Kernels from 6.12 on leave it out of /proc/cgroups."""
    answer = (HOSTS / "rpi3-memory-on" / "cgroups.txt").read_text("utf-8")

    assert "proc:memory" not in answer
    assert seen("rpi3-memory-on", system.CGROUPS).memory


def test_the_order_of_the_command_line_is_kept() -> None:
    """The last of cgroup_disable= and cgroup_enable= wins, so the order decides."""
    words = seen("rpi3-memory-on", system.KERNEL).command_line

    assert words.index("cgroup_disable=memory") < words.index("cgroup_enable=memory")


def test_pages_of_16_kib_are_seen() -> None:
    """The Raspberry Pi 5's own kernel has them."""
    assert seen("rpi5-trixie", system.KERNEL).page_size_bytes == 16_384


@pytest.mark.parametrize(
    ("host", "model", "serial"),
    [
        ("rpi5-trixie", "Raspberry Pi 5 Model B Rev 1.0", "0000000012345678"),
        ("rpi4-raspbian", "Raspberry Pi 4 Model B Rev 1.5", "1000000012345678"),
    ],
)
def test_the_board_is_known_by_device_tree_or_cpuinfo(host: str, model: str, serial: str) -> None:
    """Either source will do."""
    board = seen(host, hardware.BOARD)

    assert (board.model, board.serial, board.is_raspberry_pi) == (model, serial, True)


def test_no_device_tree_is_no_board() -> None:
    """A virtual host has none; that is known, not unknown."""
    board = seen("debian12", hardware.BOARD)

    assert (board.model, board.serial, board.is_raspberry_pi) == (None, None, False)


def test_zram_is_told_from_a_swap_file() -> None:
    """Compressed memory is no reason to refuse a host."""
    (zram,), (file,) = seen("rpi5-trixie", hardware.SWAP), seen("rpi4-raspbian", hardware.SWAP)

    assert (zram.is_zram, zram.size_bytes, zram.priority) == (True, 2_097_136 * 1024, 100)
    assert (file.is_zram, file.kind, file.priority) == (False, "file", -2)


def test_throttling_is_decoded_now_and_since_boot() -> None:
    """0x50005: bits 0 and 2 now, 16 and 18 since boot."""
    found = seen("rpi5-trixie", health.HEALTH)

    assert found.throttling is not None
    assert found.throttling.now == ("under-voltage", "throttled")
    assert found.throttling.since_boot == ("under-voltage", "throttled")
    assert (found.temperature_c, found.cpu_frequency_mhz) == (83.4, 2400)


def test_sysfs_tells_where_vcgencmd_may_not() -> None:
    """Ubuntu keeps /dev/vcio for root; the file in sysfs is open to all and has no 0x."""
    found = seen("ubuntu-noble", health.HEALTH).throttling

    assert found is not None
    assert (found.raw, found.now, found.since_boot) == (0x80000, (), ("soft-temperature-limit",))


def test_an_error_of_vcgencmd_is_unknown_not_fine() -> None:
    """``VCHI initialization failed`` is not ``no complaints``."""
    assert seen("rpi4-raspbian", health.HEALTH).throttling is None


def test_the_interface_we_came_in_by_is_known() -> None:
    """Wi-Fi here: Ethernet is down and Wi-Fi tells no speed."""
    found = seen("rpi5-trixie", network.NETWORK)

    assert found.login_interface is not None
    assert (found.login_interface.name, found.login_interface.wireless) == ("wlan0", True)
    assert found.login_interface.mac == "02:00:5e:10:00:02"
    assert found.login_interface.speed_mbps is None
    assert [route.gateway for route in found.default_routes] == ["192.0.2.1"]


def test_loopback_has_no_hardware_address_and_dead_routes_are_left_out() -> None:
    """Two hosts must not look alike because both have 00:00:00:00:00:00."""
    found = seen("rpi5-trixie", network.NETWORK)

    assert found.interfaces[0].mac is None
    assert "fd00:dead::/32" not in [route.destination for route in found.routes]


def test_a_card_is_seen_as_a_card() -> None:
    """A database on mmcblk is worth a warning."""
    root, data = seen("rpi5-trixie", hardware.DISKS)

    assert (root.path, data.path, data.mount_point) == ("/", "/var/lib", "/")
    assert (data.source, data.type, data.read_only) == ("/dev/mmcblk0p2", "ext4", False)
    assert 22 * GIB < data.free_bytes < 24 * GIB


def test_the_boot_partition_is_read_line_by_line() -> None:
    """The order of config.txt decides, so it is kept; a kernel and a device tree prove a prefix."""
    pi = seen("rpi5-trixie", boot.BOOT)
    live = pi.command_line("cmdline.txt")

    assert (pi.directory, pi.staged) == ("/boot/firmware", False)
    assert live is not None
    assert live.is_one_line
    assert live.first_line.startswith("console=serial0,115200 console=tty1 root=PARTUUID=")
    assert pi.config.index("[cm4]") < pi.config.index("otg_mode=1") < pi.config.index("[cm5]")
    assert "kernel8.img" in pi.assets


def test_two_slots_of_boot_files_are_told_apart() -> None:
    """Ubuntu from 25.10 on; new files wait for their trial."""
    ubuntu = seen("ubuntu-resolute", boot.BOOT)

    assert [one.name for one in ubuntu.command_lines] == [
        "cmdline.txt",
        "current/cmdline.txt",
        "new/cmdline.txt",
    ]
    assert ubuntu.staged


def test_a_host_without_such_a_partition_is_known_to_have_none() -> None:
    """That is no riddle."""
    assert seen("debian12", boot.BOOT).directory is None


def test_what_cloud_init_would_undo_is_seen() -> None:
    """As rpi-imager 2 writes it."""
    cloud = seen("rpi5-trixie", boot.CLOUD_INIT)

    assert (cloud.enabled, cloud.preserves_hostname) == (True, False)
    assert (cloud.hostname, cloud.manages_hosts_file) == ("raspberrypi", True)
    assert "  - update_etc_hosts" in cloud.configuration


def test_wifi_that_sleeps_is_seen() -> None:
    """The default of the Raspberry Pi's own radio."""
    (radio,) = seen("rpi5-trixie", boot.RADIOS)

    assert (radio.interface, radio.power_save, radio.network_manager) == ("wlan0", True, True)


def test_rules_of_ufw_are_seen_by_root() -> None:
    """Only root may read them; without them nothing is known to be open."""
    rules = network.FIREWALL.read((HOSTS / "ubuntu-jammy" / "firewall.root.txt").read_text("utf-8"))

    assert rules.ufw_rules == ("allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in",)
    assert seen("debian12", network.FIREWALL).ufw_rules is None
