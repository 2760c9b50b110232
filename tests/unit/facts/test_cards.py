"""What SD cards and eMMC tell of themselves.

The SD status is written after the SD Physical Layer Simplified Specification, 4.10.2: nobody
recorded one for us.
"""

from __future__ import annotations

import pytest

from kuberry.facts.cards import CARDS
from kuberry.facts.probe import Unparsable
from kuberry.model.facts import Card


def status(speed: int, application: int) -> str:
    """Return an SD status of 512 bits with these two codes."""
    octets = bytearray(64)
    octets[0], octets[8], octets[21] = 0x80, speed, application
    return octets.hex()


def test_no_card_is_no_card() -> None:
    """A host that boots from a disk has none; that is no riddle."""
    assert CARDS.read("") == ()


def test_an_sd_card_tells_its_classes_and_no_wear() -> None:
    """Class 10 and A2; wear stays unknown, never zero."""
    output = (
        "card:mmcblk0 SD\nname:mmcblk0 SD32G\ndate:mmcblk0 08/2023\n"
        f"ssr:mmcblk0 {status(4, 2)}\nlife_time:mmcblk0 0x01 0x01\n"
    )

    assert CARDS.read(output) == (
        Card(
            device="mmcblk0",
            kind="SD",
            name="SD32G",
            made="08/2023",
            speed_class=10,
            application_class=2,
        ),
    )


@pytest.mark.parametrize("text", ["", "0" * 128, "ff", "zz" * 64])
def test_a_status_that_tells_nothing(text: str) -> None:
    """Missing, empty, short or no number: the classes are unknown."""
    (card,) = CARDS.read(f"card:mmcblk0 SD\nssr:mmcblk0 {text}\n")

    assert (card.speed_class, card.application_class) == (None, None)


@pytest.mark.parametrize(
    ("life", "spare", "expected"),
    [
        ("0x01 0x02", "0x01", (20, "normal")),
        ("0x0b 0x01", "0x03", (110, "urgent")),
        ("0x00 0x00", "0x00", (None, None)),
        ("", "", (None, None)),
    ],
)
def test_an_emmc_tells_its_wear(
    life: str, spare: str, expected: tuple[int | None, str | None]
) -> None:
    """The worse of two estimates, in steps of ten percent; 0x00 means not told."""
    output = (
        f"card:mmcblk0 MMC\nlife_time:mmcblk0 {life}\npre_eol_info:mmcblk0 {spare}\n"
        "card:mmcblk0boot0 SDIO\n"
    )
    (card,) = CARDS.read(output)

    assert (card.worn_percent, card.spare) == expected


def test_two_cards_keep_apart() -> None:
    """What one tells is not taken for the other's."""
    first, second = CARDS.read(
        "card:mmcblk0 SD\nname:mmcblk0 ONE\ncard:mmcblk1 MMC\nlife_time:mmcblk1 0x03 0x03\n"
    )

    assert (first.name, first.worn_percent) == ("ONE", None)
    assert (second.name, second.worn_percent) == (None, 30)


def test_a_line_without_a_kind_is_a_riddle() -> None:
    """It is said, not guessed."""
    with pytest.raises(Unparsable):
        CARDS.read("card:mmcblk0\n")
