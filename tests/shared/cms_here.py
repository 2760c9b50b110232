"""The real cloudmesh-cmd5 beside the wheel that a user would install.

The packages of `requirements/cms.txt` that kuberry itself does without live in a virtual
environment of their own, which is made once and kept in the user's cache; all others are those of
this environment. The wheel is made from the tree and unpacked, which is all that pip does with it.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kuberry.settings import Settings

ROOT = Path(__file__).parents[2]
OLD = (
    "cloudmesh-pi-cluster==4.3.14 "
    "--hash=sha256:a4ba60595c8589bbfb72046f12e63da7945a52e21e6e7e9773c2258d4cc64ca1\n"
)
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries=1", "--timeout=20")
_NO_INDEX = ("Retrying (Retry", "(from versions: none)")
"""What pip says when the index does not answer (pip 23 to 26; the second is its last word)."""
_PIP_S = 600


@dataclasses.dataclass(frozen=True, slots=True)
class Installed:
    """Where things were installed.

    Attributes:
        python: Of the environment that holds cmd5.
        kuberry: The unpacked wheel.
        old: The wheel of the old cloudmesh-pi-cluster.
    """

    python: Path
    kuberry: Path
    old: Path

    @property
    def cms(self) -> Path:
        """Return the program."""
        return self.python.with_name("cms")


def install(directory: Path) -> Installed:
    """Install `kuberry[cms]`, and unpack the wheel in *directory*.

    The test is skipped only where the package index is needed and cannot be reached.
    """
    locked = _locked()
    key = hashlib.sha256(f"{sys.version}{sys.prefix}{locked}{OLD}".encode()).hexdigest()[:12]
    place = Settings().cache_dir / "tests" / f"cms-{key}"
    place.mkdir(parents=True, exist_ok=True)
    with _alone(place / ".lock"):
        if not (place / ".complete").exists():
            _fill(place, locked)
            (place / ".complete").touch()
    (old,) = (place / "old").glob("*.whl")
    return Installed(place / "venv" / "bin" / "python", _unpacked(directory), old)


def _locked() -> str:
    """Return what the lock of `kuberry[cms]` holds beyond that of kuberry."""
    known = {one.partition("==")[0] for one in _pieces("runtime.txt")}
    return "".join(one for one in _pieces("cms.txt") if one.partition("==")[0] not in known)


def _pieces(name: str) -> list[str]:
    """Return the requirements of a lock, each with its lines of hashes."""
    found: list[str] = []
    for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines(keepends=True):
        if line.startswith(" "):
            found[-1] += line
        else:
            found.append(line)
    return found


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fill(place: Path, locked: str) -> None:
    (place / "cmd5.txt").write_text(locked, "utf-8")
    (place / "old.txt").write_text(OLD, "utf-8")
    venv = (sys.executable, "-m", "venv", "--clear", "--without-pip", str(place / "venv"))
    subprocess.run(venv, check=True, timeout=_PIP_S)
    python = str(place / "venv" / "bin" / "python")
    hashes = ("-q", "--no-deps", "--require-hashes")
    _pip("--python", python, "install", *hashes, "--no-compile", "-r", str(place / "cmd5.txt"))
    _pip("download", *hashes, "-d", str(place / "old"), "-r", str(place / "old.txt"))
    ours = sysconfig.get_path("purelib")
    version = "{}.{}".format(*sys.version_info)
    packages = place / "venv" / "lib" / f"python{version}" / "site-packages"
    (packages / "kuberry-needs.pth").write_text(f"{ours}\n", "utf-8")


def _pip(*words: str) -> None:
    done = subprocess.run(
        (*_PIP, *words), capture_output=True, text=True, check=False, timeout=_PIP_S
    )
    if done.returncode and any(one in done.stderr for one in _NO_INDEX):
        pytest.skip("the package index cannot be reached, and cloudmesh-cmd5 is not in the cache")
    assert done.returncode == 0, done.stderr


def _unpacked(directory: Path) -> Path:
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory))
    made = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "packages")
    return directory / "packages"


@dataclasses.dataclass(frozen=True, slots=True)
class Cms:
    """A user's terminal: the program `cms`, with a home and a kuberry of its own."""

    installed: Installed
    environment: dict[str, str]

    def __call__(
        self, *words: str, stdin: str = "", path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type a line; *path* is looked through for packages first."""
        return self.run(str(self.installed.cms), *words, stdin=stdin, path=path)

    def run(
        self, *words: str, stdin: str = "", path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run another program of the environment."""
        paths = [str(one) for one in (path, self.installed.kuberry) if one]
        return subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=self.environment | {"PYTHONPATH": os.pathsep.join(paths)},
        )


def terminal(installed: Installed, home: Path, state: Path, config: Path) -> Cms:
    """Return a terminal of a user with this home; cms writes to it at every start.

    The cache of kuberry is in it, too, and empty.
    """
    home.mkdir()
    return Cms(
        installed,
        {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(home),
            "KUBERRY_STATE_DIR": str(state),
            "KUBERRY_CONFIG_DIR": str(config),
            "KUBERRY_CACHE_DIR": str(home / "cache"),
        },
    )
