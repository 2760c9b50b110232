"""Keep one lab host alive: ``python -m kuberry.lab.supervisor DIRECTORY``, a process of its own.

It boots the host, boots it again when the host reboots, and ends when the host powers off. The host
lives exactly as long as this process: whatever ends it, the kernel ends the host. It imports
little, so that many of them cost little.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from kuberry.lab import cgroups, firmware, launch, processes

SPEC, PROCESS, STATE, CONSOLE = "spec.json", "supervisor", "state", "console.log"
"""Files in the host's directory: what to boot, who supervises, how it ended; its last words."""

_PLUG_TIMEOUT_S = 10.0

ON, OFF, FAILED = "on", "off", "failed"


def main(directory: Path) -> int:
    """Supervise the host recorded in *directory* until it powers off."""
    spec = launch.Spec.from_json((directory / SPEC).read_text())
    me = processes.identify(os.getpid())
    _replace(directory / PROCESS, str(me))
    _replace(directory / STATE, ON)
    status = _boot(spec)
    while status == launch.REBOOT_STATUS:
        status = _boot(spec)
    _replace(directory / STATE, OFF if status == 0 else FAILED)
    return status


def _boot(spec: launch.Spec) -> int:
    """Boot the host once and return what systemd-nspawn ended with."""
    if spec.group:
        cgroups.kill(spec.group)
        cgroups.remove(spec.group, keep_top=True)
    said = firmware.boot(Path(spec.disk) / "upper")
    argv = launch.argv(
        spec if said is None or said.memory else launch.without_memory(spec),
        monotonic_s=time.clock_gettime(time.CLOCK_MONOTONIC),
        boottime_s=time.clock_gettime(time.CLOCK_BOOTTIME),
    )
    disk = Path(spec.disk)
    _plug(spec.link, "up")
    try:
        with (disk / CONSOLE).open("wb") as console:
            nothing = subprocess.DEVNULL
            done = subprocess.run(
                argv, cwd=disk, stdin=nothing, stdout=console, stderr=console, check=False
            )
            return done.returncode
    finally:
        _plug(spec.link, "down")


def _plug(link: str, state: str) -> None:
    """Make the network silent while the host is off: its namespace would answer otherwise."""
    subprocess.run(("ip", "link", "set", link, state), check=False, timeout=_PLUG_TIMEOUT_S)


def _replace(file: Path, text: str) -> None:
    """Write *text* to *file*, whole or not at all."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
