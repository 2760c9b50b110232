"""Make a release: sdist and wheel, the list of their parts, digests; and try it on clean systems.

``python tools/release.py build`` writes dist/; every build is made twice and has to be the same.
``python tools/release.py try`` installs what is there on a clean Debian 12 and 13, without network
inside; it needs root, mmdebstrap and a package index. docs/releases.md has the steps of a release.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from version import find_version

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
SUITES = {"bookworm": "3.11", "trixie": "3.13"}
"""Debian 12 and 13, and their Pythons."""
_PACKAGES = "python3,python3-venv"
_TRY = """set -e
python3 -m venv /tmp/{kind}
/tmp/{kind}/bin/pip install -q --no-index --find-links /wheels --require-hashes -r /runtime.txt
/tmp/{kind}/bin/pip install -q --no-index --find-links /wheels --no-deps /dist/{file}
cd /
/tmp/{kind}/bin/kuberry --version
[ "$(/tmp/{kind}/bin/kuberry hosts fold red red01 red02)" = "red,red[01-02]" ]
/tmp/{kind}/bin/kuberry check --help >/dev/null
"""


def main() -> int:
    """Do what is asked."""
    match sys.argv[1:]:
        case ["build"]:
            build()
        case ["try"]:
            for suite, python in SUITES.items():
                try_on(suite, python)
        case _:
            sys.exit("python tools/release.py build|try")
    return 0


def build() -> None:
    """Write dist/, or end where two builds differ."""
    shutil.rmtree(DIST, ignore_errors=True)
    first = archives(ROOT, DIST, epoch(ROOT))
    with tempfile.TemporaryDirectory() as directory:
        if archives(ROOT, Path(directory), epoch(ROOT)) != first:
            sys.exit("two builds differ")
    _list_parts(DIST / f"kuberry-{find_version(ROOT)}.cdx.json")
    sums = [f"{digest(path)}  {path.name}\n" for path in sorted(DIST.iterdir())]
    (DIST / "SHA256SUMS").write_text("".join(sums), "utf-8")
    sys.stdout.write("".join(sums))


def archives(root: Path, target: Path, time_s: str) -> dict[str, str]:
    """Build sdist and wheel of the tree at *root*; return their digests by name.

    Args:
        root: Of the tree; the same one makes the same archives.
        target: The directory they are written to.
        time_s: All files in them get this time, in seconds since 1970.
    """
    environment = {**os.environ, "SOURCE_DATE_EPOCH": time_s}
    command = (sys.executable, "-m", "hatchling", "build", "-d", str(target))
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return {path.name: digest(path) for path in sorted(target.iterdir())}


def epoch(root: Path) -> str:
    """Return the time of the last commit, in seconds; that of 1980 where there is none."""
    command = ("git", "-C", str(root), "log", "-1", "--format=%ct")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "315619200"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list_parts(target: Path) -> None:
    """Write the list of parts (CycloneDX) from the locked requirements."""
    program = str(Path(sys.executable).with_name("cyclonedx-py"))
    if not Path(program).exists():
        _pip("install", "--require-hashes", "-r", str(ROOT / "requirements/release.txt"))
    requirements = str(ROOT / "requirements/runtime.txt")
    options = ("--output-reproducible", "--of", "JSON", "-o", str(target))
    subprocess.run((program, "requirements", requirements, *options), check=True)
    parts = json.loads(target.read_text("utf-8"))
    name = {"type": "application", "name": "kuberry", "version": find_version(ROOT)}
    parts["metadata"]["component"] = {**name, "bom-ref": "kuberry"}
    target.write_text(json.dumps(parts, indent=2, sort_keys=True) + "\n", "utf-8")


def try_on(suite: str, python: str) -> None:
    """Install wheel and sdist in a clean root of a Debian *suite*, and run the program there."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "root"
        options = ("--variant=minbase", f"--include={_PACKAGES}", "--mode=root", "--quiet")
        subprocess.run(("mmdebstrap", *options, suite, str(root)), check=True)
        shutil.copytree(DIST, root / "dist")
        shutil.copy(ROOT / "requirements/runtime.txt", root / "runtime.txt")
        _wheels(root / "wheels", python)
        for kind, file in (("wheel", "*.whl"), ("sdist", "*.tar.gz")):
            name = next((root / "dist").glob(file)).name
            script = _TRY.format(kind=kind, file=name)
            subprocess.run(("chroot", str(root), "/bin/sh", "-c", script), check=True)
            sys.stdout.write(f"{suite}: {name} installs and runs\n")


def _wheels(target: Path, python: str) -> None:
    """Bring what an installation needs, so that the clean root needs no network."""
    locked = ("--require-hashes", "-r", str(ROOT / "requirements/runtime.txt"))
    fitting = ("--only-binary", ":all:", "--python-version", python, "-d", str(target))
    _pip("download", *fitting, *locked)
    _pip("download", *fitting, "hatchling")


def _pip(*words: str) -> None:
    pip = (sys.executable, "-m", "pip", words[0], "-q", "--disable-pip-version-check")
    subprocess.run((*pip, *words[1:]), check=True)


if __name__ == "__main__":
    sys.exit(main())
