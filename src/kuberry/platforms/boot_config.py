"""Which files the Raspberry Pi's firmware boots: config.txt read as the firmware reads it; pure.

Source: https://www.raspberrypi.com/documentation/computers/config_txt.html; in the repository
raspberrypi/documentation that is documentation/asciidoc/computers/config_txt/conditional.adoc for
the filters and boot.adoc for ``os_prefix`` and ``cmdline``.
"""

from __future__ import annotations

import re

from kuberry.model.facts import Boot

# Which model filters a board passes (conditional.adoc, "Model Filters"): the first match counts.
_MODELS: tuple[tuple[str, frozenset[str]], ...] = (
    (r"Compute Module 5", frozenset({"pi5", "cm5"})),
    (r"Pi 500", frozenset({"pi5", "pi500"})),
    (r"Pi 5\b", frozenset({"pi5"})),
    (r"Compute Module 4S", frozenset({"pi4", "cm4s"})),
    (r"Compute Module 4", frozenset({"pi4", "cm4"})),
    (r"Pi 400", frozenset({"pi4", "pi400"})),
    (r"Pi 4\b", frozenset({"pi4"})),
    (r"Pi 3 Model [AB] Plus", frozenset({"pi3", "pi3+"})),
    (r"Pi 3\b|Compute Module 3", frozenset({"pi3"})),
    (r"Pi 2\b", frozenset({"pi2"})),
    (r"Pi Zero 2", frozenset({"pi0", "pi0w", "pi02"})),
    (r"Pi Zero W", frozenset({"pi0", "pi0w"})),
    (r"Pi Zero", frozenset({"pi0"})),
    (r"Pi Model [AB]|Pi Compute Module", frozenset({"pi1"})),
)
_MODEL_FILTER = re.compile(r"pi\d+[w+]?|cm\d+s?", re.ASCII)


class Undecided(Exception):
    """What the firmware would do cannot be told from here; the message says why."""


def command_line_name(boot: Boot, model: str | None, *, tryboot: bool = False) -> str:
    """Return the name of the file, relative to the boot directory, that holds the command line.

    Args:
        model: The board's name in its device tree.
        tryboot: Of a boot on trial, as Ubuntu's A/B boot does with new files.

    Raises:
        Undecided: A setting hangs on something unknown here, or there is no such file.
    """
    settings = effective(boot.config, model, tryboot=tryboot)
    given = settings.get("cmdline", "cmdline.txt")
    name = given.lstrip("/") if given.startswith("/") else f"{_prefix(boot, settings)}{given}"
    if boot.command_line(name) is None:
        place = f"{boot.directory}/{name}" if boot.directory else "cmdline.txt"
        raise Undecided(f"there is no {place}: does the host boot over the network?")
    return name


def effective(config: tuple[str, ...], model: str | None, *, tryboot: bool) -> dict[str, str]:
    """Return the settings of config.txt that hold for this board: the last of each name.

    Raises:
        Undecided: A line that decides what is booted hangs on a filter that is unknown here.
    """
    filters: dict[str, bool | None] = {}
    settings: dict[str, str] = {}
    for line in (text.strip() for text in config):
        if line.startswith("["):
            word = line[1:].partition("]")[0]
            filters = {} if word == "all" else filters | _filter(word, model, tryboot=tryboot)
            continue
        if line.startswith("#") or False in filters.values():
            continue
        name, equals, value = line.partition("=")
        _decided(line, filters)
        if equals:
            settings[name] = value.strip()
    return settings


def _decided(line: str, filters: dict[str, bool | None]) -> None:
    decisive = line.startswith(("os_prefix=", "cmdline=", "kernel=", "include "))
    if decisive and (None in filters.values() or line.startswith("include ")):
        where = ", ".join(f"[{word}]" for word, passed in filters.items() if passed is None)
        hangs = f" under {where}" if where else ""
        raise Undecided(f"config.txt says {line!r}{hangs}, which cannot be decided from here")


def _filter(word: str, model: str | None, *, tryboot: bool) -> dict[str, bool | None]:
    """Return the kind of filter *word* and whether it passes; one of a kind replaces another."""
    if word == "none":
        return {"none": False}
    if word == "tryboot":
        return {"tryboot": tryboot}
    if _MODEL_FILTER.fullmatch(word):
        return {"model": word in _passed(model) if model else None}
    return {re.split("[=:0-9]", word, maxsplit=1)[0] or "serial": None}


def _passed(model: str) -> frozenset[str]:
    found = (passed for pattern, passed in _MODELS if re.search(pattern, model))
    return next(found, frozenset())


def _prefix(boot: Boot, settings: dict[str, str]) -> str:
    """Return os_prefix; the firmware ignores one without kernel and device tree behind it."""
    prefix = settings.get("os_prefix", "")
    kernel = settings.get("kernel")
    behind = [name.removeprefix(prefix) for name in boot.assets if name.startswith(prefix)]
    kernels = [name for name in behind if name == kernel or (not kernel and name.endswith(".img"))]
    trees = [name for name in behind if name.endswith(".dtb") and "/" not in name]
    return prefix if kernels and trees else ""
