"""The LEDs of Raspberry Pis, by their names of today and of yesterday.

Composed after Linux, Documentation/leds/leds-class.rst: nobody recorded them for us.
"""

from __future__ import annotations

import pytest

from kuberry.facts.leds import LEDS
from kuberry.facts.probe import Unparsable
from kuberry.model.facts import Led


def test_no_led_is_no_led() -> None:
    """What is no Raspberry Pi has none of the two."""
    assert LEDS.read("") == ()


@pytest.mark.parametrize(("green", "red"), [("ACT", "PWR"), ("led0", "led1")])
def test_both_are_told_with_what_switches_them(green: str, red: str) -> None:
    """The trigger in brackets is the one that is set."""
    output = f"led:{green} 0 none timer [mmc0] cpu\nled:{red} 255 none [default-on]\n"

    assert LEDS.read(output) == (
        Led(name="ACT", brightness=0, trigger="mmc0"),
        Led(name="PWR", brightness=255, trigger="default-on"),
    )


def test_a_trigger_that_is_not_told_is_unknown() -> None:
    """It is not taken for none."""
    assert LEDS.read("led:ACT 1 \n") == (Led(name="ACT", brightness=1, trigger=None),)


def test_a_brightness_that_is_no_number_makes_no_sense() -> None:
    """It is not taken for darkness."""
    with pytest.raises(Unparsable):
        LEDS.read("led:ACT x [none]\n")
