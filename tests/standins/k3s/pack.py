"""The stand-in as one file, as k3s is; and bundles and archives for it."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import yaml

_MAIN = "from tests.standins.k3s.program import start\nstart()\n"
OLD, NEW = "v1.21.3+k3s0", "v1.33.9+k3s0"
"""Generations; no k3s has the build number 0. From 1.35 on no kubelet starts on control groups v1,
which some machines of labs have."""


def pack(path: Path, version: str) -> None:
    """Write the program to *path*: python3 runs a zip archive that begins with a line for it.

    The same version gives the same bytes.

    Args:
        version: `OLD` or `NEW`.
    """
    here, reader = Path(__file__).parent, Path(yaml.__file__).parent
    files = {f"tests/standins/k3s/{one.name}": one.read_bytes() for one in here.glob("*.py")}
    files |= {f"yaml/{one.name}": one.read_bytes() for one in reader.glob("*.py")}
    generation = "new" if version == NEW else "old"
    files["tests/standins/k3s/release.txt"] = f"{version} {generation}".encode()
    files |= {
        "__main__.py": _MAIN.encode(),
        "tests/__init__.py": b"",
        "tests/standins/__init__.py": b"",
    }
    with path.open("wb") as out:
        out.write(b"#!/usr/bin/python3\n")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                archive.writestr(zipfile.ZipInfo(name), files[name])
    path.chmod(0o755)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
