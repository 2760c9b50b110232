"""Probes of how the hardware feels: heat, power, clock rate, load."""

from __future__ import annotations

import re

from kuberry.facts.probe import Lines, Probe
from kuberry.model.facts import Health, Throttling

# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
_COMPLAINTS = ("under-voltage", "frequency-capped", "throttled", "soft-temperature-limit")
_SINCE_BOOT = 16
_COLDEST_C, _HOTTEST_C = -100.0, 300.0
_OF_THE_PROCESSOR = ("cpu-thermal", "cpu_thermal", "x86_pkg_temp", "soc-thermal", "soc_thermal")


def _health(output: str) -> Health:
    lines = Lines(output)
    khz = lines.integer("khz")
    load = (lines.first("load") or "").split(" ")[0]
    return Health(
        temperature_c=_temperature(lines.all("zone")),
        throttling=_throttling(lines),
        cpu_frequency_mhz=None if khz is None else khz // 1000,
        load_1min=float(load) if re.fullmatch(r"[0-9]{1,6}\.[0-9]{2}", load) else None,
    )


def _temperature(zones: tuple[str, ...]) -> float | None:
    """Return the processor's temperature, else that of the first zone that tells one."""
    rows = [re.fullmatch(r"(\S+) (-?[0-9]{1,7})", zone) for zone in zones]
    found = {row[1]: int(row[2]) / 1000 for row in reversed(rows) if row}
    sane = {kind: value for kind, value in found.items() if _COLDEST_C < value < _HOTTEST_C}
    ranked = [sane[kind] for kind in _OF_THE_PROCESSOR if kind in sane]
    return next(iter([*ranked, *reversed(sane.values())]), None)


def _throttling(lines: Lines) -> Throttling | None:
    """Read vcgencmd's ``throttled=0x50000``, else the hexadecimal digits of sysfs."""
    said = re.fullmatch("throttled=0x([0-9a-f]{1,8})", lines.first("vcgencmd") or "")
    said = said or re.fullmatch("(?:0x)?([0-9a-f]{1,8})", lines.first("sysfs") or "")
    return throttling(int(said[1], 16)) if said else None


def throttling(raw: int) -> Throttling:
    """Return what the bits of *raw* mean: 0 to 3 now, 16 to 19 the same since boot."""
    return Throttling(
        raw=raw,
        now=tuple(word for bit, word in enumerate(_COMPLAINTS) if raw >> bit & 1),
        since_boot=tuple(
            word for bit, word in enumerate(_COMPLAINTS, start=_SINCE_BOOT) if raw >> bit & 1
        ),
    )


# vcgencmd may be missing (Ubuntu) or closed to all but root and the group video.
HEALTH = Probe(
    "health",
    """\
for zone in /sys/class/thermal/thermal_zone*; do
  [ -r "$zone/temp" ] || continue
  kind=; read -r kind <"$zone/type"
  heat=; read -r heat <"$zone/temp"
  printf 'zone:%s %s\\n' "$kind" "$heat"
done
! command -v vcgencmd >/dev/null || printf 'vcgencmd:%s\\n' "$(vcgencmd get_throttled)"
for file in /sys/devices/platform/*/*firmware*/get_throttled; do
  [ -r "$file" ] || continue
  line=; read -r line <"$file"
  printf 'sysfs:%s\\n' "$line"
done
rate=/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq
[ ! -r "$rate" ] || { read -r khz <"$rate" && printf 'khz:%s\\n' "$khz"; }
read -r load </proc/loadavg && printf 'load:%s\\n' "$load"
""",
    _health,
)
