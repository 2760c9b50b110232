"""What is planned at the boot partition to make hosts fit, by what was seen of them."""

from __future__ import annotations

from typing import Any

from tests.unit.platforms import boards
from tests.unit.platforms.boards import (
    AB_ASSETS,
    AB_CONFIG,
    BOOKWORM,
    PI5,
    boot,
    pi,
    planned,
    steps,
    written,
)

import made_up as make
from kuberry.model.facts import Kernel, OperatingSystem
from kuberry.model.plan import Reboot, RecordState, Run, WriteFiles
from kuberry.model.preparation import Preparation
from kuberry.platforms.command_line import ENABLE


def test_a_host_that_is_fit_is_left_alone() -> None:
    """No step, no finding."""
    found = planned()

    assert found.plan.is_empty
    assert (found.cures, found.obstacles) == ((), ())


def test_the_controller_is_asked_for_and_proven_after_a_boot() -> None:
    """What stood there is noted before, the proof comes after."""
    found = planned(**pi(boot(cmdline=BOOKWORM)))

    assert [type(one) for one in steps(found.plan)] == [RecordState, WriteFiles, Reboot, Run]
    assert written(found.plan) == {"/boot/firmware/cmdline.txt": f"{BOOKWORM} {ENABLE}\n"}
    assert found.cures == (("red", "KB205"),)


def test_only_a_boot_is_missing_where_the_file_is_right() -> None:
    """An interrupted run, or an owner who forgot to reboot: nothing is written."""
    found = planned(**pi(boot(cmdline=f"{BOOKWORM} {ENABLE}")))

    assert [type(one) for one in steps(found.plan)] == [Reboot, Run]


def test_a_second_line_is_taken_out() -> None:
    """The firmware has never read it."""
    found = planned(**pi(boot(cmdline=f"{BOOKWORM}\n{ENABLE}\nroot=/dev/sda2")))

    assert written(found.plan)["/boot/firmware/cmdline.txt"] == f"{BOOKWORM} {ENABLE}\n"


def test_an_empty_first_line_is_not_repaired() -> None:
    """Nobody knows what it should say; a wrong root= would not boot."""
    found = planned(**pi(boot(cmdline=f"\n{BOOKWORM}")))

    assert found.plan.is_empty
    assert "empty first line" in found.obstacles[0][2]


def test_of_two_slots_the_live_one_and_the_one_on_trial_are_edited() -> None:
    """The next boot promotes the copy in new/; a left-over at the top is not touched."""
    card = boot(
        AB_CONFIG,
        AB_ASSETS,
        staged=True,
        cmdline=boards.UBUNTU,
        current_cmdline=boards.UBUNTU,
        new_cmdline=boards.UBUNTU,
    )
    found = planned(**pi(card))
    line = f"{boards.UBUNTU} {ENABLE}\n"

    assert written(found.plan) == {
        "/boot/firmware/current/cmdline.txt": line,
        "/boot/firmware/new/cmdline.txt": line,
    }
    (write,) = (one for one in steps(found.plan) if isinstance(one, WriteFiles))
    assert [one.volatile for one in write.files] == [False, True]
    assert [one.id for one in steps(found.plan)][-2:] == ["boot-settled", "memory-proof"]


def test_a_kernel_that_ignores_the_word_is_not_given_more_words() -> None:
    """It is a matter of the kernel; the file stays as it is."""
    found = planned(**pi(boot(cmdline=f"{BOOKWORM} {ENABLE}"), ENABLE))

    assert found.plan.is_empty
    assert found.obstacles[0][:2] == ("red", "KB205")
    assert "full-upgrade" in found.obstacles[0][2]
    assert found.cures == ()


def test_a_host_without_such_a_firmware_is_not_edited() -> None:
    """x86 machines keep their command line elsewhere."""
    found = planned(**pi(boot().model_copy(update={"directory": None})))

    assert found.plan.is_empty
    assert "config.txt" in found.obstacles[0][2]


def test_the_name_of_the_system_decides_nothing() -> None:
    """Ubuntu with the controller off is prepared, Raspberry Pi OS with it on is not."""
    ubuntu = OperatingSystem(
        id="ubuntu",
        version_id="24.04",
        pretty_name="Ubuntu 24.04",
        codename="noble",
        raspberry_pi_os=False,
        image=None,
    )
    card = boot(cmdline=boards.UBUNTU)
    raspbian = ubuntu.model_copy(update={"id": "debian", "raspberry_pi_os": True})

    assert not planned(**pi(card), os=ubuntu).plan.is_empty
    on = make.facts("red", "10.0.0.1").cgroups
    assert planned(**(pi(card) | {"os": raspbian, "cgroups": on})).plan.is_empty


def big_pages(card: Any) -> dict[str, Any]:
    """Return the facts of a Raspberry Pi 5 with pages of 16 KiB and the controller on."""
    kernel = Kernel(release="6.12", page_size_bytes=16_384, command_line=(ENABLE,))
    on = make.facts("red", "10.0.0.1").cgroups
    return pi(card, model=PI5) | {"kernel": kernel, "cgroups": on}


def test_small_pages_come_only_when_asked_for() -> None:
    """A kernel is nothing to change silently."""
    facts = big_pages(boot(("dtparam=audio=on", "")))

    assert planned(**facts).plan.is_empty
    found = planned(Preparation(page_size="4k"), **facts)
    assert written(found.plan)["/boot/firmware/config.txt"] == (
        "dtparam=audio=on\n# BEGIN kuberry\n[all]\nkernel=kernel8.img\n# END kuberry\n"
    )
    assert [one.id for one in steps(found.plan)] == [
        "before",
        "prepare-files",
        "prepare-boot",
        "pages-proof",
    ]


def test_small_pages_need_their_kernel_on_the_card() -> None:
    """A name that is not there would not boot."""
    facts = big_pages(boot(assets=("kernel_2712.img", "bcm2712-rpi-5-b.dtb")))
    found = planned(Preparation(page_size="4k"), **facts)

    assert found.plan.is_empty
    assert "kernel8.img" in found.obstacles[0][2]


def test_one_boot_serves_all_reasons() -> None:
    """Memory and pages together: one boot, then both proofs."""
    facts = big_pages(boot(cmdline=BOOKWORM)) | {"cgroups": boards.OFF}
    kernel = Kernel(release="6.12", page_size_bytes=16_384, command_line=())
    found = planned(Preparation(page_size="4k"), **(facts | {"kernel": kernel}))

    assert [one.id for one in steps(found.plan) if not isinstance(one, WriteFiles)] == [
        "before",
        "prepare-boot",
        "memory-proof",
        "pages-proof",
    ]
