"""The version of what is built here: that of the tag, or of the work towards the next one.

hatchling asks for it (pyproject.toml). At the tag ``v1.2.3`` it is 1.2.3, and seven commits later
1.2.4.dev7; without any tag, 0.1.0.dev0. An unpacked sdist has no tags: its PKG-INFO says it.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIRST = "0.1.0.dev0"


def find_version(root: Path) -> str:
    """Return the version of the tree at *root*."""
    info = root / "PKG-INFO"
    if info.exists():
        found = re.search(r"^Version: (\S+)$", info.read_text("utf-8"), re.MULTILINE)
        return found[1] if found else FIRST
    return version_of(_described(root))


def version_of(described: str) -> str:
    """Return the version for what ``git describe --long`` says; for nothing, the first one."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)-(\d+)-g[0-9a-f]+", described)
    if not found:
        return FIRST
    major, minor, patch, since = (int(one) for one in found.groups())
    if since == 0:
        return f"{major}.{minor}.{patch}"
    return f"{major}.{minor}.{patch + 1}.dev{since}"


def _described(root: Path) -> str:
    command = ("git", "-C", str(root), "describe", "--tags", "--long", "--match", "v[0-9]*")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except OSError:  # no git here
        return ""
    return done.stdout.strip()


__version__ = find_version(ROOT)
