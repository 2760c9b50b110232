"""Bundles of k3s for tests: of the stand-in, and real ones where somebody has brought some."""

from __future__ import annotations

import io
import json
import os
import platform
import tarfile
from pathlib import Path

from backports import zstd
from tests.standins.k3s.pack import pack

from kuberry.actions.bundle_create import Wanted
from kuberry.api.bundle import create_bundle, import_bundle
from kuberry.model.bundle import PROBE_IMAGE, Bundle
from kuberry.settings import Settings

REAL = "KUBERRY_REAL_BUNDLES"
"""Names a directory of exported bundles (docs/bundles.md)."""
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "armhf")


def stand_in_bundle(directory: Path, version: str, settings: Settings) -> Bundle:
    """Make the bundle of a generation of the stand-in, as upstream's releases are laid out."""
    folder = directory / version / ARCHITECTURE
    folder.mkdir(parents=True)
    pack(folder / "k3s", version)
    archive = zstd.compress(_images("docker.io/rancher/mirrored-pause:3.6"))
    (folder / f"k3s-airgap-images-{ARCHITECTURE}.tar.zst").write_bytes(archive)
    (folder / "probe.tar").write_bytes(_images(PROBE_IMAGE))
    wanted = Wanted(distribution="k3s", directory=directory / version, version=version)
    return create_bundle(wanted, settings=settings)


def real_bundles(settings: Settings) -> tuple[Bundle, ...]:
    """Import the real bundles that the environment names, of whatever distribution."""
    directory = os.environ.get(REAL)
    files = sorted(Path(directory).glob("*.kuberry")) if directory else ()
    return tuple(import_bundle(path, settings=settings) for path in files)


def _images(name: str) -> bytes:
    """Return an archive of one image, as ``docker save`` writes it."""
    config = {"architecture": ARCHITECTURE.replace("armhf", "arm"), "os": "linux"}
    manifest = [{"Config": "c.json", "RepoTags": [name], "Layers": ["l/layer.tar"]}]
    return _tar(
        {
            "c.json": json.dumps(config).encode(),
            "l/layer.tar": _tar({"x": b"x"}),
            "manifest.json": json.dumps(manifest).encode(),
        }
    )


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()
