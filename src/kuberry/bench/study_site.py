"""What the study brings to its hosts, how they are made as before, and who says that it is there.

Four small files, a unit, and a program of 32 MiB that does not shrink when it is packed.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from kuberry.bench.place import Place
from kuberry.errors import KuberryError

_SIZE_BYTES = 32 * 1024 * 1024
_FILES = 4
_AT_ONCE = 4
_UNIT = """\
[Unit]
Description=Something that runs

[Service]
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
"""
_CLEAN = (
    "sudo systemctl disable -q --now study 2>/dev/null;"
    " sudo rm -rf /etc/study /etc/systemd/system/study.service /usr/local/bin/study /tmp/study.tar"
    " /var/lib/kuberry && sudo systemctl daemon-reload"
)
_SEEN = "cd / && sha256sum -c; systemctl is-enabled study; systemctl is-active study"


def write(site: Path) -> None:
    """Write the files, their digests, and one archive of them to *site*."""
    root = site / "files"
    for number in range(_FILES):
        _put(root / f"etc/study/{number:02}.conf", f"number = {number}\n".encode() * 40)
    _put(root / "etc/systemd/system/study.service", _UNIT.encode())
    _put(root / "usr/local/bin/study", os.urandom(_SIZE_BYTES))
    (root / "usr/local/bin/study").chmod(0o755)
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    sums = (
        f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.relative_to(root)}\n"
        for one in paths
    )
    (site / "SHA256SUMS").write_text("".join(sums), "utf-8")
    with tarfile.open(site / "study.tar", "w") as archive:
        for path in paths:
            archive.add(path, str(path.relative_to(root)))


def clean(place: Place, hosts: Sequence[str]) -> None:
    """Have nothing of it on *hosts*.

    Raises:
        KuberryError: That cannot be done.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda host: place.on(host, _CLEAN), hosts))


def fault(place: Place, hosts: Sequence[str]) -> str:
    """Return what is not as it has to be on *hosts*, asked from outside; empty when all is."""
    sums = (place.site / "SHA256SUMS").read_bytes()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        said = pool.map(partial(_ask, place, sums), hosts)
        return "; ".join(one for one in said if one)


def fault_of(host: str, output: str, count: int) -> str:
    """Return what is wrong with *host* by what it said of *count* files and the unit."""
    lines = output.splitlines()
    good = sum(line.endswith(": OK") for line in lines)
    if good != count:
        return f"{host}: {count - good} of {count} files are not as they have to be"
    return "" if lines[-2:] == ["enabled", "active"] else f"{host}: the unit is {lines[-2:]}"


def _ask(place: Place, sums: bytes, host: str) -> str:
    try:
        return fault_of(
            host, place.on(host, f"{_SEEN} || true", stdin=sums), len(sums.splitlines())
        )
    except KuberryError as error:
        return f"{host}: {error.message}"


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
