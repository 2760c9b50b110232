"""The lab's firmware reads a card as a Raspberry Pi's is documented to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.lab import dress, firmware, launch
from kuberry.lab.firmware import SAID, cgroups, read_card, started
from kuberry.model.lab import UNDER_DRESS, LabDress

PI4 = frozenset({"pi4"})


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """Give a card with a command line at the top and in two folders, each with what boots."""
    for folder in ("", "a/", "b/"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / f"{folder}cmdline.txt").write_text(f"from={folder or 'top'}\nignored=1\n")
        (tmp_path / f"{folder}kernel8.img").touch()
        (tmp_path / f"{folder}bcm2711-rpi-4-b.dtb").touch()
    (tmp_path / "other.txt").write_text("from=other")
    (tmp_path / "dead").mkdir()
    (tmp_path / "dead" / "cmdline.txt").write_text("from=dead")
    return tmp_path


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ("", "from=top"),
        ("os_prefix=a/", "from=a/"),
        ("#os_prefix=a/", "from=top"),
        ("os_prefix=dead/", "from=top"),
        ("[pi5]\nos_prefix=a/\n[pi4]\nos_prefix=b/", "from=b/"),
        ("[pi4]\n[tryboot]\nos_prefix=a/", "from=top"),
        ("[none]\nos_prefix=a/\n[all]\ncmdline=/other.txt", "from=other"),
        ("[gpio4=1]\nos_prefix=a/\n[pi4]\nos_prefix=b/", "from=top"),
        ("os_prefix=a/\nos_prefix=b/", "from=b/"),
        ("cmdline=nothing.txt", ""),
    ],
)
def test_the_first_line_of_the_file_that_config_leads_to_is_read(
    card: Path, config: str, line: str
) -> None:
    """Filters add up by kind, a prefix without a kernel is ignored, later settings win."""
    (card / "config.txt").write_text(config)

    assert read_card(card, PI4, tryboot=False) == line


def test_a_boot_on_trial_sees_its_own_settings(card: Path) -> None:
    """[tryboot] holds once."""
    (card / "config.txt").write_text("[all]\nos_prefix=a/\n[tryboot]\nos_prefix=b/\n")

    assert read_card(card, PI4, tryboot=False) == "from=a/"
    assert read_card(card, PI4, tryboot=True) == "from=b/"


@pytest.mark.parametrize(
    ("line", "memory"),
    [
        ("quiet", True),
        ("cgroup_disable=memory quiet", False),
        ("cgroup_disable=memory cgroup_enable=cpuset,memory", True),
        ("cgroup_enable=memory cgroup_disable=memory", False),
        ("cgroup_memory=1 cgroup_disable=memory", False),
    ],
)
def test_the_kernel_obeys_the_last_word(line: str, *, memory: bool) -> None:
    """raspberrypi/linux issue 6980."""
    assert started(line).memory is memory


def test_the_table_of_controllers_shows_memory_as_it_is() -> None:
    """All other rows stay as they are."""
    table = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t3\t1\nmemory\t4\t133\t1\n"

    assert cgroups(table, memory=True) == table
    assert cgroups(table, memory=False).splitlines()[2] == "memory\t0\t133\t0"
    assert cgroups(table, memory=False).splitlines()[:2] == table.splitlines()[:2]


def dressed(directory: Path, name: LabDress) -> Path:
    """Return a disk with what dresses a host as *name*."""
    for path, (mode, text) in dress.files(name, "red", 2).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
    return directory


@pytest.mark.parametrize("name", UNDER_DRESS)
def test_every_dress_boots(tmp_path: Path, name: LabDress) -> None:
    """Its command line comes from its card; memory is off where the device tree says so."""
    said = firmware.boot(dressed(tmp_path, name))

    assert said is not None
    assert "root=" in said.command_line
    assert said.memory is (name in {"ubuntu-22.04", "ubuntu-24.04"})


def test_a_flag_of_trial_is_read_once(tmp_path: Path) -> None:
    """As the register of a board is."""
    disk = dressed(tmp_path, "ubuntu-26.04")
    new = disk / "boot/firmware/new"
    new.mkdir()
    for name in ("vmlinuz", "bcm2711-rpi-4-b.dtb"):
        (new / name).touch()
    (new / "cmdline.txt").write_text("from=new")
    (disk / SAID / "tryboot").touch()

    first, second = firmware.boot(disk), firmware.boot(disk)

    assert first is not None
    assert second is not None
    assert first.command_line.endswith("from=new")
    assert not second.command_line.endswith("from=new")


def test_a_host_without_a_dress_has_no_firmware(tmp_path: Path) -> None:
    """Plain lab hosts boot as before."""
    assert firmware.boot(tmp_path) is None


def test_a_kernel_without_memory_has_no_such_hierarchy() -> None:
    """Neither for the host nor for what starts it."""
    spec = launch.Spec(
        name="red",
        disk="/lab/red",
        netns="/run/netns",
        link="link",
        machine_id="0" * 32,
        group="",
        enter=("enter", "--"),
        hierarchies=(
            ("cgroup", "memory", "/sys/fs/cgroup/memory"),
            ("cgroup", "cpu", "/sys/fs/cgroup/cpu"),
        ),
        legacy=True,
    )
    words = launch.argv(launch.without_memory(spec), monotonic_s=0, boottime_s=0)

    assert "/sys/fs/cgroup/memory" not in words
    assert "/sys/fs/cgroup/cpu" in words
    assert f"upper/{SAID}/cgroups" in words
    assert f"upper/{SAID}/cgroups" not in launch.argv(spec, monotonic_s=0, boottime_s=0)
