"""Our own probe image: one static busybox with its links, the workhorse of `kuberry verify`.

Bounds on time come from ``timeout``: Debian 12's static busybox crashes on ``wget -T``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from kuberry.bundles import debfile
from kuberry.bundles.found import Found
from kuberry.bundles.imagewrite import Layer, Recipe, write_image
from kuberry.model.bundle import PROBE_IMAGE

PACKAGE = "busybox-static"
# Fixed, because a busybox for another machine cannot be asked for its list. All are in Debian's.
_LINKS = (
    "sh cat cut date dd df echo env false grep head hostname httpd id ip kill ls md5sum mkdir nc "
    "netstat nslookup ping ping6 printf ps rm route sed seq sha256sum sleep sort sync tail tee "
    "test time timeout touch tr traceroute true wc wget xargs"
)
_PASSWD = b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
_GROUP = b"root:x:0:\nnogroup:x:65534:\n"


def is_source(found: Found) -> bool:
    """Return whether the probe image can be made of *found*, which is of no other use then."""
    return (found.kind, found.name) in (("deb", PACKAGE), ("binary", "busybox"))


def has_probe(found: Iterable[Found], architecture: str) -> bool:
    """Return whether the probe image for *architecture* is there already."""
    return any(one.architecture == architecture and PROBE_IMAGE in one.images for one in found)


def make_probe(source: Path, architecture: str, scratch: Path) -> Found:
    """Write the probe image; the same source gives the same bytes.

    Args:
        source: A Debian package busybox-static, or a static busybox itself.
        scratch: A directory for the image.

    Raises:
        BundleError: The package is none, or holds no busybox.
    """
    layer_path = scratch / f"probe-{architecture}.layer"
    with contextlib.closing(Layer(layer_path)) as layer:
        layer.add_text("bin/busybox", _busybox(source), mode=0o755)
        for name in _LINKS.split():
            layer.add_link(f"bin/{name}", "busybox")
        layer.add_text("etc/passwd", _PASSWD)
        layer.add_text("etc/group", _GROUP)
        layer.add_folder("tmp", mode=0o1777)
    path = scratch / f"probe-{architecture}.tar"
    write_image(path, Recipe(PROBE_IMAGE, architecture, command=("sh",)), (layer_path,))
    layer_path.unlink()
    return Found(
        source=path,
        label=f"{architecture}/probe image",
        kind="image-archive",
        name="probe",
        version=PROBE_IMAGE.rsplit(":", 1)[1],
        architecture=architecture,
        images=(PROBE_IMAGE,),
    )


def _busybox(source: Path) -> bytes:
    with source.open("rb") as file:
        is_program = file.read(4) == b"\x7fELF"
    return source.read_bytes() if is_program else debfile.read_file(source, "bin/busybox")
