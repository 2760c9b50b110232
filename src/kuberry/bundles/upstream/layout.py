"""Pulled images as files: an archive in the OCI layout, and the busybox in one of them.

Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md; the name is in the
annotation that `ctr images import` reads.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

from kuberry.bundles.upstream.download import Item
from kuberry.bundles.upstream.registry import PulledImage
from kuberry.errors import BundleError

Place = Callable[[Item], Path]
"""Says where the bytes of a blob lie."""


def write_layout(path: Path, image: PulledImage, place: Place) -> None:
    """Write *image* to an archive; the same image gives the same bytes.

    What it runs on is told by its own configuration alone, not by what was asked for.
    """
    digest = hashlib.sha256(image.manifest).hexdigest()
    entry = {
        "mediaType": image.media_type,
        "digest": f"sha256:{digest}",
        "size": len(image.manifest),
        "annotations": {
            "io.containerd.image.name": image.reference,
            "org.opencontainers.image.ref.name": image.reference.rsplit(":", 1)[1],
        },
    }
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        _add_bytes(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _add_bytes(tar, "index.json", _json({"schemaVersion": 2, "manifests": [entry]}))
        _add_bytes(tar, f"blobs/sha256/{digest}", image.manifest)
        for blob in {one.sha256: one for one in image.blobs}.values():
            with place(blob).open("rb") as file:
                member = tarfile.TarInfo(blob.path)
                member.size, member.mode = place(blob).stat().st_size, 0o644
                tar.addfile(member, file)


def extract_busybox(path: Path, image: PulledImage, place: Place) -> None:
    """Write the busybox in *image* to *path*.

    Raises:
        BundleError: It has none.
    """
    for layer in reversed(image.layers):
        try:
            with tarfile.open(place(layer)) as tar:
                # Every applet is a hard link to one of them, which extractfile follows.
                content = tar.extractfile("bin/busybox")
                if content is not None:
                    path.write_bytes(content.read())
                    return
        except KeyError:
            continue
        except (tarfile.TarError, EOFError) as error:
            raise BundleError(f"a layer of {image.reference} is no tar archive: {error}") from error
    raise BundleError(f"{image.reference} holds no busybox")


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    tar.addfile(member, io.BytesIO(content))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
