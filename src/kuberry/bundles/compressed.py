"""Tar archives as they come: plain, gzip, xz, bzip2, and zstd through the system's own program."""

from __future__ import annotations

import contextlib
import lzma
import os
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO

from kuberry.errors import BundleError

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MAGICS = (b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh", _ZSTD_MAGIC)
_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)


@contextlib.contextmanager
def open_tar(file: IO[bytes], name: str) -> Iterator[tarfile.TarFile]:
    """Read the tar archive in *file* from its start, once through, however it is compressed.

    Args:
        file: A real file (with a descriptor), that holds the archive and nothing else.
        name: What it is called, for people.

    Raises:
        BundleError: It is no tar archive or a broken one, or zstd is needed and missing.
    """
    source = _unzstd(file, name) if _magic(file) == _ZSTD_MAGIC else contextlib.nullcontext(file)
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
def _unzstd(file: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Unpack through ``zstd``: Python has no zstd before 3.14."""
    program = shutil.which("zstd")
    if program is None:
        raise BundleError(
            f"{name} is packed with zstd, which is not on this machine",
            remedy="apt-get install zstd (macOS: brew install zstd), or unpack the file yourself",
        )
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the program does not see what Python has buffered
    command = [program, "-dcq"]
    with subprocess.Popen(  # noqa: S603  # a fixed program; its input is data
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None  # noqa: S101  # asked for one line above
        yield process.stdout
        process.stdout.close()
