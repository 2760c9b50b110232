"""Debian packages for any architecture, by the machine's own apt and its own sources.

Everything apt writes goes to a private directory (apt.conf(5), "DIRECTORIES"), so that no root
rights are needed and nothing of the machine changes.
"""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from kuberry.errors import BundleError

_DEADLINE_S = 600.0
_SOURCES = "build it where apt-get has sources for it, then kuberry bundle export and import"
# A paragraph of dpkg's list (dpkg(1), "FILES": status).
_INSTALLED = """Package: {}
Status: install ok installed
Version: 9999:1
Architecture: {}
Maintainer: nobody
Description: taken for installed

"""


def fetch_deb(package: str, architecture: str, directory: Path) -> Path:
    """Fetch *package* for *architecture* into a new directory below *directory*.

    Args:
        architecture: Debian's word.

    Raises:
        BundleError: There is no apt, its sources do not have the package, or nothing answered.
    """
    remedy = f"put {package}_…_{architecture}.deb into the directory {architecture}/ of --from"
    home, apt_get = _home(directory, architecture), _apt_get(package, architecture, remedy)
    command = [apt_get, "-qq", *_options(home, architecture)]
    _run([*command, "update"], home, package, architecture, remedy)
    _run([*command, "download", package], home / "got", package, architecture, remedy)
    found = list((home / "got").glob("*.deb"))
    if not found:
        raise _unavailable(package, architecture, "apt-get brought nothing", remedy)
    return found[0]


@dataclasses.dataclass(frozen=True, slots=True)
class Debs:
    """Packages with all that they depend on, chosen by apt and not fetched yet.

    Attributes:
        files: Name, size and digest of each, as apt says them, sorted.
    """

    files: tuple[str, ...]
    _command: tuple[str, ...]
    _home: Path
    _asked: str
    _architecture: str

    def fetch(self) -> tuple[Path, ...]:
        """Return the packages, fetched.

        Raises:
            BundleError: Nothing answered.
        """
        _run([*self._command], self._home, self._asked, self._architecture, _SOURCES)
        return tuple(sorted((self._home / "archives").glob("*.deb")))


def choose_debs(
    packages: Sequence[str], architecture: str, directory: Path, *, without: Iterable[str] = ()
) -> Debs:
    """Return *packages* and all that they depend on; they go to a directory below *directory*.

    Args:
        architecture: Debian's word.
        without: Packages that are taken for installed: neither they nor what they alone need come.

    Raises:
        BundleError: There is no apt, its sources lack one of them, or nothing answered.
    """
    asked = packages[0] if len(packages) == 1 else f"{packages[0]} and {len(packages) - 1} others"
    home, apt_get = _home(directory, architecture), _apt_get(asked, architecture, _SOURCES)
    status = home / "status"
    status.write_text("".join(_INSTALLED.format(one, architecture) for one in without))
    options = (*_options(home, architecture), "-o", f"Dir::State::Status={status}")
    words = (apt_get, "-qq", *options)
    _run([*words, "update"], home, asked, architecture, _SOURCES)
    install = (*words, "--yes", "--download-only", "--no-install-recommends", "install", *packages)
    told = _run([*install, "--print-uris"], home, asked, architecture, _SOURCES)
    files = (line.partition("' ")[2] for line in told.splitlines() if line.startswith("'"))
    return Debs(tuple(sorted(files)), install, home, asked, architecture)


def _home(directory: Path, architecture: str) -> Path:
    home = directory / f"apt-{architecture}"
    for folder in ("lists/partial", "archives/partial", "got"):
        (home / folder).mkdir(parents=True)
    return home


def _apt_get(asked: str, architecture: str, remedy: str) -> str:
    apt_get = shutil.which("apt-get")
    if apt_get is None:
        raise _unavailable(asked, architecture, "this machine has no apt-get", remedy)
    return apt_get


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
        "Debug::NoLocking": "true",  # dpkg's own lock, which a user may not take
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(command: list[str], cwd: Path, package: str, architecture: str, remedy: str) -> str:
    """Return what *command* wrote to standard output."""
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
        why = "apt-get did not end in time"
        raise _unavailable(package, architecture, why, remedy) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E: ")]
        raise _unavailable(package, architecture, said[0] if said else "apt-get failed", remedy)
    return done.stdout


def _unavailable(package: str, architecture: str, why: str, remedy: str) -> BundleError:
    return BundleError(f"{package} for {architecture} could not be fetched: {why}", remedy=remedy)
