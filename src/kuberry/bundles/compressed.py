"""Tar archives as they come: plain, gzip, xz, bzip2 and zstd."""

from __future__ import annotations

import contextlib
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from kuberry.errors import BundleError
from kuberry.model.bundle import Packing

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PACKINGS: dict[bytes, Packing] = {
    b"\x1f\x8b": "tar.gz",
    b"\xfd7zXZ\x00": "tar.xz",
    b"BZh": "tar.bz2",
    _ZSTD_MAGIC: "tar.zst",
}
_MAGICS = tuple(_PACKINGS)
_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)


def packing_of(path: Path) -> Packing:
    """Return how the archive at *path* is packed, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(6)
    return next((word for magic, word in _PACKINGS.items() if start.startswith(magic)), "tar")


@contextlib.contextmanager
def open_tar(file: IO[bytes], name: str) -> Iterator[tarfile.TarFile]:
    """Read the tar archive in *file* from its start, once through, however it is compressed.

    Args:
        file: Holds the archive and nothing else.
        name: What it is called, for people.

    Raises:
        BundleError: It is no tar archive or a broken one.
    """
    source = _unzstd(file) if _magic(file) == _ZSTD_MAGIC else contextlib.nullcontext(file)
    try:
        with source as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
            yield tar
    except _BROKEN as error:
        remedy = "fetch or make it again"
        raise BundleError(f"{name} is no sound tar archive: {error}", remedy=remedy) from error


def is_compressed(file: IO[bytes]) -> bool:
    """Return whether *file* starts like a gzip, xz, bzip2 or zstd stream."""
    file.seek(0)
    start = file.read(6)
    file.seek(0)
    return start.startswith(_MAGICS)


def _magic(file: IO[bytes]) -> bytes:
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    return start


@contextlib.contextmanager
def _unzstd(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Unpack with the module that is Python's own from 3.14 on, and has this name before."""
    from backports import zstd  # noqa: PLC0415 -- few archives need it

    try:
        with zstd.ZstdFile(file) as stream:
            yield cast("IO[bytes]", stream)
    except zstd.ZstdError as error:
        raise tarfile.ReadError(str(error)) from error
