"""Debian packages for any architecture, by the machine's own apt and its own sources.

Everything apt writes goes to a private directory (apt.conf(5), "DIRECTORIES"), so that no root
rights are needed and nothing of the machine changes.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from kuberry.errors import BundleError

_DEADLINE_S = 300.0


def fetch_deb(package: str, architecture: str, directory: Path) -> Path:
    """Fetch *package* for *architecture* into a new directory below *directory*.

    Args:
        architecture: Debian's word.

    Raises:
        BundleError: There is no apt, its sources do not have the package, or nothing answered.
    """
    home = directory / f"apt-{architecture}"
    for folder in ("lists/partial", "archives/partial", "got"):
        (home / folder).mkdir(parents=True)
    apt_get = shutil.which("apt-get")
    if apt_get is None:
        raise _unavailable(package, architecture, "this machine has no apt-get")
    command = [apt_get, "-qq", *_options(home, architecture)]
    _run([*command, "update"], home, package, architecture)
    _run([*command, "download", package], home / "got", package, architecture)
    found = list((home / "got").glob("*.deb"))
    if not found:
        raise _unavailable(package, architecture, "apt-get brought nothing")
    return found[0]


def _options(home: Path, architecture: str) -> list[str]:
    settings = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
        "Dir::Cache": str(home),
        "Dir::State::Lists": str(home / "lists"),
        "Dir::State::Status": "/dev/null",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(command: list[str], cwd: Path, package: str, architecture: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # a fixed program, words of our own
            command,
            cwd=cwd,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_DEADLINE_S,
        )
    except subprocess.TimeoutExpired:
        raise _unavailable(package, architecture, "apt-get did not end in time") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E: ")]
        raise _unavailable(package, architecture, said[0] if said else "apt-get failed")


def _unavailable(package: str, architecture: str, why: str) -> BundleError:
    return BundleError(
        f"{package} for {architecture} could not be fetched: {why}",
        remedy=f"put {package}_…_{architecture}.deb into the directory {architecture}/ of --from",
    )
