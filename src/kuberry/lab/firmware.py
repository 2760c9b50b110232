"""The lab's firmware, a stand-in for a Raspberry Pi's: at every boot it reads that host's card.

A lab host dressed as a Raspberry Pi has a card, /boot/firmware on its disk (a plain directory here,
FAT on a board). Before each boot this reads config.txt and the command line as the real firmware is
documented to (raspberrypi/documentation, asciidoc/computers: config_txt/conditional.adoc
for the filters, config_txt/boot.adoc for ``os_prefix`` and ``cmdline``; only the first line counts:
configuration/kernel-command-line-config.adoc), puts the device tree's words before it
(raspberrypi/linux issue 6980), and decides as the kernel does whether the memory controller is on.
What it says lies on the host's disk, where a unit of the host mounts it over /proc and /sys at the
beginning of its boot. It shares no code with what kuberry plans: the one judges the other.
"""

from __future__ import annotations

import dataclasses
import fnmatch
from pathlib import Path

SAID = "usr/local/lib/kuberry-lab/firmware"
"""Where the host finds what the firmware said: below its root."""
BOARD, DEVICE_TREE, TRYBOOT, STUBBORN = "board", "device-tree", "tryboot", "stubborn"
"""Files there: the board's filters; the words of its device tree; the flag of a boot on trial, read
once; and the sign of a kernel that ignores ``cgroup_enable=memory`` (raspberrypi/linux pull request
6439, comment of 2024-12-09)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What the firmware and the kernel made of a card.

    Attributes:
        command_line: What the kernel was started with.
        memory: Whether the memory controller is on.
    """

    command_line: str
    memory: bool


def boot(upper: Path) -> Said | None:
    """Read the card of the host whose disk is *upper* and leave there what was made of it.

    Returns:
        ``None`` where the host is not dressed as a board.
    """
    place = upper / SAID
    if not (place / BOARD).exists():
        return None
    trial = place / TRYBOOT
    words = read_card(
        upper / "boot" / "firmware",
        frozenset((place / BOARD).read_text().split()),
        tryboot=trial.exists(),
    )
    said = started(f"{(place / DEVICE_TREE).read_text().strip()} {words}")
    if (place / STUBBORN).exists():
        said = dataclasses.replace(said, memory=False)
    if trial.exists():
        trial.rename(place / "on-trial")
    else:
        (place / "on-trial").unlink(missing_ok=True)
    (place / "cmdline").write_text(f"{said.command_line}\n")
    (place / "memory").write_text("on" if said.memory else "off")
    (place / "cgroups").write_text(cgroups(Path("/proc/cgroups").read_text(), memory=said.memory))
    return said


def read_card(card: Path, board: frozenset[str], *, tryboot: bool) -> str:
    """Return the command line on *card*: the first line of the file that config.txt leads to.

    Args:
        board: The model filters that hold on this board.
    """
    settings = _settings((card / "config.txt").read_text().splitlines(), board, tryboot=tryboot)
    prefix = settings.get("os_prefix", "")
    if not _boots(card, prefix, settings.get("kernel", "kernel*.img")):
        prefix = ""
    name = settings.get("cmdline", "cmdline.txt")
    file = card / name.lstrip("/") if name.startswith("/") else card / f"{prefix}{name}"
    text = file.read_text() if file.exists() else ""
    return text.partition("\n")[0].strip()


def _settings(lines: list[str], board: frozenset[str], *, tryboot: bool) -> dict[str, str]:
    """Follow the filters: of one kind the last counts, of several kinds all must hold."""
    model, trial, never = True, True, False
    settings: dict[str, str] = {}
    for line in map(str.strip, lines):
        if line == "[all]":
            model, trial, never = True, True, False
        elif line == "[tryboot]":
            trial = tryboot
        elif line.startswith(("[pi", "[cm")):
            model = line.strip("[]") in board
        elif line.startswith("["):
            never = True  # monitors, pins, serial numbers, [none]: a lab host has nothing of these
        elif model and trial and not never and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings[name] = value
    return settings


def _boots(card: Path, prefix: str, kernel: str) -> bool:
    """Return whether a kernel and a device tree are behind *prefix*: else it is ignored."""
    folder, _, start = prefix.rpartition("/")
    here = card / folder
    names = [path.name for path in here.iterdir()] if here.is_dir() else []
    return all(fnmatch.filter(names, f"{start}{pattern}") for pattern in (kernel, "*.dtb"))


def started(command_line: str) -> Said:
    """Return what the kernel makes of *command_line*: of the words about memory the last counts."""
    memory = True
    for word in command_line.split():
        name, _, value = word.partition("=")
        if "memory" in value.split(","):
            memory = {"cgroup_enable": True, "cgroup_disable": False}.get(name, memory)
    return Said(command_line, memory)


def cgroups(table: str, *, memory: bool) -> str:
    """Return *table*, a /proc/cgroups, with the memory controller as it is."""
    rows = [line.split("\t") for line in table.splitlines()]
    for row in rows:
        if row[0] == "memory" and not memory:
            row[1:] = ["0", row[2], "0"]
    return "".join("\t".join(row) + "\n" for row in rows)
