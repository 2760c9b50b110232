"""config.txt decides which file is live, as it decides for the firmware."""

from __future__ import annotations

import pytest
from tests.unit.platforms import boards
from tests.unit.platforms.boards import AB_ASSETS, AB_CONFIG, PI4, PI5, boot

from kuberry.platforms.boot_config import Undecided, command_line_name, effective


def live(config: str, model: str | None = PI4, *, tryboot: bool = False) -> str:
    """Return the name of the live command line on a card that has files for every case."""
    assets = tuple(
        f"{prefix}{name}" for prefix in ("", "a/", "b/") for name in ("kernel8.img", "x.dtb")
    )
    card = boot(
        tuple(config.split("\n")), assets, cmdline="top", a_cmdline="a", b_cmdline="b", other="o"
    )
    return command_line_name(card, model, tryboot=tryboot)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("", "cmdline.txt"),
        ("os_prefix=a/", "a/cmdline.txt"),
        ("  os_prefix=a/  ", "a/cmdline.txt"),
        ("#os_prefix=a/", "cmdline.txt"),
        ("os_prefix=a/\nos_prefix=b/", "b/cmdline.txt"),
        ("[pi4]\nos_prefix=a/", "a/cmdline.txt"),
        ("[pi5]\nos_prefix=a/", "cmdline.txt"),
        ("[pi5]\n[pi4]\nos_prefix=a/", "a/cmdline.txt"),
        ("[none]\n[pi4]\nos_prefix=a/", "cmdline.txt"),
        ("[none]\nos_prefix=a/\n[all]\nos_prefix=b/", "b/cmdline.txt"),
        ("[tryboot]\nos_prefix=a/", "cmdline.txt"),
        ("cmdline=other.txt", "other.txt"),
        ("os_prefix=a/\ncmdline=/other.txt", "other.txt"),
        ("os_prefix=missing/", "cmdline.txt"),
        ("[gpio4=1]\ndtparam=audio=on\n[all]\nos_prefix=a/", "a/cmdline.txt"),
    ],
)
def test_the_live_file_is_the_one_the_firmware_reads(config: str, name: str) -> None:
    """Filters of one kind replace each other, others add up, [all] ends them all."""
    assert live(config) == name


def test_a_boot_on_trial_has_a_file_of_its_own() -> None:
    """[tryboot] holds for it alone."""
    config = "[all]\nos_prefix=a/\n[tryboot]\nos_prefix=b/"

    assert live(config) == "a/cmdline.txt"
    assert live(config, tryboot=True) == "b/cmdline.txt"


@pytest.mark.parametrize(
    ("model", "passed"),
    [
        (PI4, {"pi4"}),
        (PI5, {"pi5"}),
        ("Raspberry Pi 500 Rev 1.0", {"pi5", "pi500"}),
        ("Raspberry Pi 400 Rev 1.0", {"pi4", "pi400"}),
        ("Raspberry Pi Compute Module 4 Rev 1.1", {"pi4", "cm4"}),
        ("Raspberry Pi Compute Module 5 Rev 1.0", {"pi5", "cm5"}),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", {"pi3", "pi3+"}),
        ("Raspberry Pi 3 Model B Rev 1.2", {"pi3"}),
        ("Raspberry Pi Zero 2 W Rev 1.0", {"pi0", "pi0w", "pi02"}),
        ("Raspberry Pi Model B Rev 2", {"pi1"}),
    ],
)
def test_each_board_passes_its_own_filters(model: str, passed: set[str]) -> None:
    """The table of the documentation, "Model Filters"."""
    words = ("pi0", "pi0w", "pi02", "pi1", "pi2", "pi3", "pi3+", "pi4", "pi400", "cm4", "pi5")
    config = tuple(line for word in (*words, "pi500", "cm5") for line in (f"[{word}]", f"{word}=1"))

    assert set(effective(config, model, tryboot=False)) == passed


@pytest.mark.parametrize(
    "config",
    [
        "[gpio4=1]\nos_prefix=a/",
        "[0x12345678]\ncmdline=other.txt",
        "[EDID=VSC-TD2220]\nkernel=kernel8.img",
        "include more.txt",
        "[partition=2]\nos_prefix=a/",
    ],
)
def test_what_cannot_be_decided_is_not_guessed(config: str) -> None:
    """A pin, a monitor or another file may decide: then nothing is said."""
    with pytest.raises(Undecided):
        live(config)


def test_without_a_board_a_filter_of_models_decides_nothing() -> None:
    """Somebody's virtual machine with a card's files."""
    with pytest.raises(Undecided, match=r"\[model\]"):
        live("[pi4]\nos_prefix=a/", None)


def test_a_card_without_the_file_boots_over_the_network() -> None:
    """A Pi that boots over the network has none; it is not made up."""
    with pytest.raises(Undecided, match="network"):
        command_line_name(boot(), PI4)


def test_ubuntu_with_two_slots_has_a_live_one() -> None:
    """A left-over file at the top is not it."""
    card = boot(AB_CONFIG, AB_ASSETS, cmdline="left over", current_cmdline=boards.UBUNTU)

    assert command_line_name(card, PI4) == "current/cmdline.txt"
