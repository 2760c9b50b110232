"""Probe of the two LEDs of a Raspberry Pi: the green one (ACT) and the red one (PWR).

Files: Linux, Documentation/leds/leds-class.rst. They were called led0 and led1 until the kernel of
Raspberry Pi OS 12 named them by what stands beside them on the board.
"""

from __future__ import annotations

import re

from kuberry.facts.probe import Lines, Probe
from kuberry.model.facts import Led

_NAMES = {"ACT": "ACT", "led0": "ACT", "PWR": "PWR", "led1": "PWR"}


def _leds(output: str) -> tuple[Led, ...]:
    rows = [line.split(" ", 2) for line in Lines(output).all("led")]
    return tuple(_led(*row) for row in rows if row[0] in _NAMES and len(row) > 1)


def _led(name: str, brightness: str, triggers: str = "") -> Led:
    """Read ``none [mmc0] timer``: the trigger in brackets is the one that is set."""
    chosen = re.search(r"\[([\w:-]+)\]", triggers)
    return Led.model_validate(
        {
            "name": _NAMES[name],
            "brightness": int(brightness),
            "trigger": chosen[1] if chosen else None,
        }
    )


LEDS = Probe(
    "leds",
    """\
for name in ACT led0 PWR led1; do
  led=/sys/class/leds/$name
  [ -r "$led/brightness" ] || continue
  level=; read -r level <"$led/brightness"
  triggers=; read -r triggers <"$led/trigger"
  printf 'led:%s %s %s\\n' "$name" "$level" "$triggers"
done
""",
    _leds,
)
