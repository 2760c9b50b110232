"""The kernel's command line: one line of words, read from left to right; pure.

For the memory controller the last word wins (raspberrypi/linux issue 6980): the device tree says
``cgroup_disable=memory`` before anything of cmdline.txt is read.
"""

from __future__ import annotations

import re

ENABLE = "cgroup_enable=memory"

_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+|"')
_CONTROLLERS = re.compile(r"(cgroup_enable|cgroup_disable)=(\S+)")
_TO_INIT = "--"


def words(line: str) -> tuple[str, ...]:
    """Return the words of *line*; blanks inside double quotes do not part words."""
    return tuple(_WORD.findall(line))


def memory_is_asked_for(line: tuple[str, ...]) -> bool | None:
    """Return what the last word about the memory controller says; ``None`` where none does."""
    for word in reversed(line):
        found = _CONTROLLERS.fullmatch(word)
        if found and "memory" in found[2].split(","):
            return found[1] == "cgroup_enable"
    return None


def with_memory(line: str) -> str:
    """Return *line* as it must be for the memory controller, one line without its end.

    Words that say otherwise are taken out; all others stay, in their order. What stands behind
    ``--`` is for the init process, not for the kernel.

    Args:
        line: The first line of the file; nothing behind a line's end is read by the firmware.
    """
    first = next(iter(line.splitlines()), "")
    found = words(first)
    if memory_is_asked_for(_for_kernel(found)) is True and not _disables(found):
        return first.strip()
    kept = [word for word in map(_without_memory, found) if word]
    cut = kept.index(_TO_INIT) if _TO_INIT in kept else len(kept)
    return " ".join([*kept[:cut], ENABLE, *kept[cut:]])


def _for_kernel(line: tuple[str, ...]) -> tuple[str, ...]:
    return line[: line.index(_TO_INIT)] if _TO_INIT in line else line


def _disables(line: tuple[str, ...]) -> bool:
    return any(_without_memory(word) != word for word in line if word.startswith("cgroup_disable"))


def _without_memory(word: str) -> str:
    """Return *word* without what it says about the memory controller."""
    found = _CONTROLLERS.fullmatch(word)
    if found is None or "memory" not in found[2].split(","):
        return word
    rest = [name for name in found[2].split(",") if name != "memory"]
    return f"{found[1]}={','.join(rest)}" if rest else ""
