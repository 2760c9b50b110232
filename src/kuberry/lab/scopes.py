"""Control groups where systemd is PID 1: one transient scope per host, with its limits.

The ordinary case, and unproven so far: the machine this was written on has no systemd as PID 1. On
such a machine nobody but systemd may make control groups (see systemd's CGROUP_DELEGATION), so the
host's group is asked for and delegated, and everything below it is the host's own.
"""

from __future__ import annotations

from pathlib import Path

from kuberry.lab.program import run, succeeds
from kuberry.model.lab import LabShape


def systemd_is_init() -> bool:
    """Return whether systemd is PID 1, as sd_booted(3) finds out."""
    return Path("/run/systemd/system").is_dir()


def enter(group: str, host: str, shape: LabShape) -> tuple[str, ...]:
    """Return the words before a command that make it run in the control group of *host*."""
    limits: list[str] = []
    if shape.cpus is not None:
        limits.append(f"--property=CPUQuota={shape.cpus * 100:.0f}%")
    if shape.memory_bytes is not None:
        limits += [f"--property=MemoryMax={shape.memory_bytes}", "--property=MemorySwapMax=0"]
    return (
        *("systemd-run", "--scope", "--quiet", "--collect", "--property=Delegate=yes"),
        *(f"--slice={slice_of(group)}", f"--unit={group}-{host}.scope", *limits, "--"),
    )


def slice_of(group: str) -> str:
    """Return the slice that holds the scopes of one lab."""
    return f"{group}.slice"


async def stop(group: str, host: str | None = None) -> None:
    """End everything of *host*, or of the whole lab, and its control groups with it."""
    unit = slice_of(group) if host is None else f"{group}-{host}.scope"
    if await succeeds("systemctl", "--quiet", "is-active", unit):
        await run("systemctl", "kill", "--signal=KILL", unit)
        await run("systemctl", "stop", unit)
