"""An image for data science: Python, NumPy, SciPy and scikit-learn of Debian's packages.

Packages are unpacked and their scripts not run, so that it is made for any architecture on any
machine with apt, without root and without a container tool. What the scripts would have done and
what is needed of it is done here: links of alternatives, and compiled Python.
"""

from __future__ import annotations

import contextlib
import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path

from kuberry.bundles.bytecode import add_bytecode
from kuberry.bundles.found import Found
from kuberry.bundles.imagewrite import Layer, Recipe, write_image

PACKAGES = (
    "dash",
    "coreutils",
    "python3",
    "python3-numpy",
    "python3-scipy",
    "python3-sklearn",
    "libopenblas0-pthread",
)
WITHOUT = (
    "debconf",
    "dpkg",
    "perl",
    "perl-base",
    "python3-distutils",
    "python3-pythran",  # a compiler, which scipy needs to be built alone: 90 MB of g++
)
"""What packages say that they depend on, and what a running image does not need."""
VERSION = "1"
KEY = "1"
"""Changes when the same packages are to make another image."""
_TRIPLETS = {
    "amd64": "x86_64-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "armhf": "arm-linux-gnueabihf",
}
# The scheduler counts processors; BLAS would take all of the node for each task.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ALTERNATIVES = ("libblas.so.3", "liblapack.so.3", "libopenblas.so.0")
_PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
_GROUP = b"root:x:0:\nnogroup:x:65534:\n"
_LEVEL = 6


def make_image(
    reference: str, architecture: str, debs: Sequence[Path], scratch: Path
) -> tuple[Found, str]:
    """Write the image of *debs*; the same packages give the same bytes.

    Args:
        reference: Full name with tag.
        architecture: Debian's word.
        scratch: A directory for the image.

    Returns:
        The image archive; and what users should know of it, empty when there is nothing.

    Raises:
        BundleError: One of *debs* is no Debian package.
    """
    layer_path, path = scratch / "science.layer", scratch / "science.tar"
    with contextlib.closing(Layer(layer_path)) as layer:
        for name in _MERGED:  # https://wiki.debian.org/UsrMerge
            layer.add_folder(f"usr/{name}")
            layer.add_link(name, f"usr/{name}")
        for deb in debs:
            layer.add_deb(deb, place)
        note = add_bytecode(layer, debs, place)
        _finish(layer, architecture)
    recipe = Recipe(reference, architecture, ("python3",), environment=_ENVIRONMENT)
    write_image(path, recipe, (layer_path,))
    layer_path.unlink()
    return _found(_packed(path), reference, architecture), note


def place(inside: str) -> str:
    """Return where in the image a path of a package belongs; ``""`` is nowhere."""
    top, slash, rest = inside.partition("/")
    if top in _MERGED:
        return f"usr/{top}/{rest}" if slash else ""
    if "/dist-packages/" in inside and "/tests/" in f"{inside}/":
        return ""
    return inside


def _finish(layer: Layer, architecture: str) -> None:
    """Add what scripts of packages would have made."""
    for name in _ALTERNATIVES:
        inside = f"usr/lib/{_TRIPLETS[architecture]}/{name}"
        if not layer.has(inside):
            layer.add_link(inside, f"openblas-pthread/{name}")
    layer.add_text("etc/passwd", _PASSWD)
    layer.add_text("etc/group", _GROUP)
    for name in ("tmp", "var/tmp"):
        if not layer.has(name):
            layer.add_folder(name, mode=0o1777)


def _packed(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    with (
        path.open("rb") as source,
        packed.open("wb") as target,
        gzip.GzipFile("", "wb", _LEVEL, target, mtime=0) as file,
    ):
        shutil.copyfileobj(source, file, 1 << 20)
    path.unlink()
    return packed


def _found(path: Path, reference: str, architecture: str) -> Found:
    name, _, tag = reference.rpartition("/")[2].partition(":")
    return Found(
        source=path,
        label=f"{architecture}/{name}",
        kind="image-archive",
        name=name,
        version=tag,
        architecture=architecture,
        images=(reference,),
    )
