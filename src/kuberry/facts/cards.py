"""Probe of SD cards and eMMC: how fast they promise to be, and how worn they say they are.

Files: Linux, Documentation/driver-api/mmc/mmc-dev-attrs.rst. An SD card tells no wear at all.
"""

from __future__ import annotations

import re
from typing import Literal, cast, get_args

from kuberry.facts.probe import Lines, Probe
from kuberry.model.facts import Card

_Kind = Literal["SD", "MMC"]
_SPEED_CLASSES = (0, 2, 4, 6, 10)  # SD Physical Layer Simplified Specification, SPEED_CLASS
_SPEED_BYTE, _APPLICATION_BYTE = 8, 21  # of 64: bits 447:440, and 339:336 in the low half
_STATUS_DIGITS = 128
_WORN_PERCENT = 10  # JEDEC eMMC 5.0, DEVICE_LIFE_TIME_EST: steps of 10 %, 0x0b is beyond


def _cards(output: str) -> tuple[Card, ...]:
    lines = Lines(output)
    rows = [line.split() for line in lines.all("card")]
    return tuple(
        _card(lines, row[0], cast(_Kind, row[1])) for row in rows if row[1] in get_args(_Kind)
    )


def _card(lines: Lines, device: str, kind: _Kind) -> Card:
    status = _of(lines, "ssr", device).replace(" ", "")
    return Card(
        device=device,
        kind=kind,
        name=_of(lines, "name", device) or None,
        made=_of(lines, "date", device) or None,
        speed_class=_speed_class(status) if kind == "SD" else None,
        application_class=_application_class(status) if kind == "SD" else None,
        worn_percent=_worn(_of(lines, "life_time", device)) if kind == "MMC" else None,
        spare=_spare(_of(lines, "pre_eol_info", device)) if kind == "MMC" else None,
    )


def _of(lines: Lines, label: str, device: str) -> str:
    found = (line.partition(" ") for line in lines.all(label))
    return next((rest.strip() for name, _, rest in found if name == device), "")


def _byte(status: str, place: int) -> int | None:
    """Return a byte of the SD status; ``None`` where it was not told."""
    if not re.fullmatch(f"[0-9a-f]{{{_STATUS_DIGITS}}}", status) or not int(status, 16):
        return None
    return int(status[2 * place : 2 * place + 2], 16)


def _speed_class(status: str) -> int | None:
    code = _byte(status, _SPEED_BYTE)
    return _SPEED_CLASSES[code] if code is not None and code < len(_SPEED_CLASSES) else None


def _application_class(status: str) -> int | None:
    """Return 1 or 2 for A1 or A2, 0 for none."""
    code = _byte(status, _APPLICATION_BYTE)
    return None if code is None else code & 0x0F


def _worn(text: str) -> int | None:
    """Read ``0x01 0x02``, the wear of two kinds of memory: the upper end of the worse one."""
    steps = [int(word, 16) for word in text.split() if re.fullmatch("0x[0-9a-f]{2}", word)]
    return max(steps) * _WORN_PERCENT if any(steps) else None


def _spare(text: str) -> Literal["normal", "warning", "urgent"] | None:
    words: dict[str, Literal["normal", "warning", "urgent"]] = {
        "01": "normal",
        "02": "warning",
        "03": "urgent",
    }
    return words.get(text.removeprefix("0x"))


CARDS = Probe(
    "cards",
    """\
for card in /sys/block/mmcblk*/device; do
  [ -r "$card/type" ] || continue
  name=${card%/device}
  name=${name##*/}
  read -r line <"$card/type"
  printf 'card:%s %s\\n' "$name" "$line"
  for file in name date ssr life_time pre_eol_info; do
    [ -r "$card/$file" ] || continue
    line=; read -r line <"$card/$file"
    printf '%s:%s %s\\n' "$file" "$name" "$line"
  done
done
""",
    _cards,
)
