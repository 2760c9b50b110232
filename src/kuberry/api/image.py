"""Images for jobs: built of Debian packages, or taken from archives, and kept as bundles."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from kuberry.actions import image_build
from kuberry.actions.image_build import Wanted
from kuberry.bundles.store import Store
from kuberry.errors import UsageError
from kuberry.model.bundle import Bundle
from kuberry.model.event import Emit, ignore
from kuberry.settings import Settings

_DEBIAN_WORDS = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}


def build_image(
    name: str = "science",
    *,
    packages: Sequence[str] = (),
    architectures: Sequence[str] = (),
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> Bundle:
    """Build ``localhost/kuberry/NAME:1``: Python, NumPy, SciPy and scikit-learn, as a bundle.

    It is made of Debian packages by this machine's apt; no container tool and no root is needed.

    Args:
        name: Of the image and of the bundle that holds it; ``deploy`` takes it as ``images``.
        packages: Debian packages beside those.
        architectures: Debian's words; none means that of this machine.

    Raises:
        UsageError: The name or an architecture cannot be had.
        BundleError: The packages cannot be had.
        CacheBusy: Another process held the cache for too long.
    """
    wanted = Wanted(name, tuple(packages), tuple(dict.fromkeys(architectures)) or (_own(),))
    return image_build.build_image(_store(settings), wanted, emit)


def add_images(
    files: Sequence[Path | str],
    name: str,
    *,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> Bundle:
    """Keep image archives, as ``docker save`` writes them, as a bundle of images.

    Args:
        files: One for each image and architecture.
        name: Of the bundle; ``deploy`` takes it as ``images``.

    Raises:
        UsageError: The name cannot be had.
        BundleError: A file is no image archive, or of several architectures.
        CacheBusy: Another process held the cache for too long.
    """
    return image_build.add_images(_store(settings), name, [Path(one) for one in files], emit)


def _own() -> str:
    machine = platform.machine()
    if machine not in _DEBIAN_WORDS:
        message = f"this machine is of {machine}, which images cannot be built for"
        raise UsageError(message, remedy="say --architecture arm64, amd64 or armhf")
    return _DEBIAN_WORDS[machine]


def _store(settings: Settings | None) -> Store:
    return Store((settings or Settings()).bundles_dir)
