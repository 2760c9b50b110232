"""Debian packages read without dpkg, so that any controller can pack them. See deb(5) and ar(5)."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kuberry.bundles.compressed import open_tar
from kuberry.errors import BundleError

_AR_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
_CONTROL_LIMIT_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Control:
    """What the control file of a package says.

    Attributes:
        architecture: ``all`` for what runs everywhere.
        depends: Pre-Depends and Depends, one text for each group of alternatives.
    """

    package: str
    version: str
    architecture: str
    depends: tuple[str, ...]


def read_control(path: Path) -> Control:
    """Read the control file of the package at *path*.

    Raises:
        BundleError: It is no Debian package.
    """
    with _open_member(path, "control.tar") as tar:
        for member in tar:
            if member.isreg() and member.name.removeprefix("./") == "control":
                file = tar.extractfile(member)
                assert file is not None  # noqa: S101  # it is a regular file
                return _parse(file.read(_CONTROL_LIMIT_BYTES).decode("utf-8", "replace"), path)
    raise _no_deb(path, "it has no control file")


@contextlib.contextmanager
def open_content(path: Path) -> Iterator[tarfile.TarFile]:
    """Read what the package at *path* installs, once through.

    Raises:
        BundleError: It is no Debian package.
    """
    with _open_member(path, "data.tar") as tar:
        yield tar


def read_file(path: Path, inside: str) -> bytes:
    """Return the content of one file that the package at *path* installs.

    Args:
        inside: Its path without a leading slash, such as ``bin/busybox``.

    Raises:
        BundleError: It is no Debian package, or has no such file.
    """
    with open_content(path) as tar:
        for member in tar:
            if member.isreg() and member.name.removeprefix("./") in (inside, f"usr/{inside}"):
                file = tar.extractfile(member)
                assert file is not None  # noqa: S101  # it is a regular file
                return file.read()
    raise _no_deb(path, f"it has no /{inside}")


@contextlib.contextmanager
def _open_member(path: Path, prefix: str) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as file, tempfile.TemporaryFile() as member:
        _copy_member(file, prefix, member, path)
        with open_tar(member, path.name) as tar:
            yield tar


def _copy_member(file: IO[bytes], prefix: str, target: IO[bytes], path: Path) -> None:
    if file.read(len(_AR_MAGIC)) != _AR_MAGIC:
        raise _no_deb(path, "it does not start like one")
    while len(header := file.read(_HEADER_BYTES)) == _HEADER_BYTES:
        name = header[:16].decode("ascii", "replace").rstrip(" /")
        size_text = header[48:58].strip()
        if not size_text.isdigit():
            raise _no_deb(path, "a member has no size")
        size = int(size_text)
        if name.startswith(prefix):
            shutil.copyfileobj(_Part(file, size), target)
            return
        file.seek(size + size % 2, io.SEEK_CUR)
    raise _no_deb(path, f"it has no {prefix}")


class _Part:
    """The next bytes of a file, as a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._file.read(wanted)
        self._left -= len(chunk)
        return chunk


def _parse(text: str, path: Path) -> Control:
    fields: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t"):
            fields[last] = f"{fields.get(last, '')} {line.strip()}"
        elif ":" in line:
            last, value = line.split(":", 1)
            fields[last] = value.strip()
    groups = f"{fields.get('Pre-Depends', '')},{fields.get('Depends', '')}".split(",")
    try:
        return Control(
            package=fields["Package"],
            version=fields["Version"],
            architecture=fields["Architecture"],
            depends=tuple(group.strip() for group in groups if group.strip()),
        )
    except KeyError as error:
        raise _no_deb(path, f"its control file has no {error.args[0]}") from None


def _no_deb(path: Path, why: str) -> BundleError:
    return BundleError(
        f"{path.name} is no Debian package: {why}", remedy="fetch it again, or take it away"
    )
