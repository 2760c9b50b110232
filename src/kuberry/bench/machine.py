"""The machine on which is measured, and the source that is measured."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from kuberry.bench.figures import Machine
from kuberry.bench.unmeasured import output_of
from kuberry.errors import KuberryError

_PACKAGES = ("asyncssh", "pydantic", "typer")


def describe(others: dict[str, str]) -> Machine:
    """Return what this machine is.

    Args:
        others: Versions of programs that we are measured against.
    """
    ssh = output_of(("sh", "-c", "ssh -V 2>&1"))
    versions = {"Python": platform.python_version()}
    versions |= {name: version(name) for name in _PACKAGES}
    versions["OpenSSH"] = ssh.strip()
    return Machine(
        processor=processor(Path("/proc/cpuinfo").read_text("utf-8")),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=platform.freedesktop_os_release()["PRETTY_NAME"],
        kernel=platform.release().partition("-")[0],
        versions=versions | others,
    )


def processor(cpuinfo: str) -> str:
    """Return the name of the processor in the text of /proc/cpuinfo; Arm's have none there."""
    found = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def commit(root: Path) -> str:
    """Return the commit of the source tree *root*, with ``+`` where files differ from it."""
    try:
        head = output_of(("git", "-C", str(root), "rev-parse", "--short=12", "HEAD")).strip()
        changed = output_of(("git", "-C", str(root), "status", "--porcelain", "--", "src"))
    except KuberryError:
        return "unknown"
    return f"{head}+" if changed.strip() else head
