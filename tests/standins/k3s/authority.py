"""Certificates, by the openssl program."""

from __future__ import annotations

import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make(directory: Path, name: str) -> None:
    """Make an authority called *name* (rancher/k3s@aef8a6a pkg/daemons/control/deps/deps.go)."""
    path = directory / f"{name}.crt"
    if not path.exists():
        _openssl(
            "req", "-x509", *_KEY, "-days", "3650", "-subj", f"/CN=k3s-{name}",
            "-keyout", str(directory / f"{name}.key"), "-out", str(path),
        )  # fmt: skip


def issue(directory: Path, by: str, name: str, subject: str, names: tuple[str, ...] = ()) -> None:
    """Issue a certificate with key by the authority *by*, anew each time.

    Args:
        names: Subject alternative names: ``IP:…``, ``DNS:…``.
    """
    request = directory / f"{name}.csr"
    _openssl(
        "req", "-new", *_KEY, "-subj", subject,
        "-keyout", str(directory / f"{name}.key"), "-out", str(request),
    )  # fmt: skip
    extensions = directory / f"{name}.ext"
    extensions.write_text(f"subjectAltName={','.join(names)}\n" if names else "")
    _openssl(
        "x509", "-req", "-days", "365", "-in", str(request), "-extfile", str(extensions),
        "-CA", str(directory / f"{by}.crt"), "-CAkey", str(directory / f"{by}.key"),
        "-CAcreateserial", "-out", str(directory / f"{name}.crt"),
    )  # fmt: skip
    request.unlink()
    extensions.unlink()


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)
