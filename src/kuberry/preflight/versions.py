"""Version numbers, as far as checks compare them."""

from __future__ import annotations

import re


def minor(version: str) -> int | None:
    """Return 20 for ``v1.20.2``; ``None`` when it is no version of Kubernetes 1."""
    found = re.match(r"v?1\.([0-9]{1,3})(\.|$)", version)
    return int(found[1]) if found else None


def upstream(version: str) -> tuple[int, int] | None:
    """Return (1, 6) for Debian's ``1.6.20~ds1-1+b1``; ``None`` when it is no such version."""
    found = re.match(r"(?:[0-9]+:)?v?([0-9]{1,4})\.([0-9]{1,4})", version)
    return (int(found[1]), int(found[2])) if found else None
