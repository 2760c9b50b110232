"""A directory of downloads, turned into what a bundle can hold."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kuberry.bundles import imagefile
from kuberry.bundles.compressed import is_compressed, open_tar
from kuberry.bundles.found import (
    Found,
    found_deb,
    found_file,
    found_images,
    found_program,
    plain_name,
    version_in,
)
from kuberry.errors import BundleError, UsageError

_TAR_MAGIC_AT = 257
_ELF = b"\x7fELF"
_CHECKSUMS = (".sha256", ".sha256sum")
_IGNORED_SUFFIXES = (*_CHECKSUMS, ".asc", ".sig", ".md")
_IGNORED_PROGRAMS = ("containerd-stress",)
"""In containerd's own archive, of no use on a host, and large."""
_IGNORED_NAMES = ("license", "readme", "notice", "changelog")


def scan(directory: Path, scratch: Path) -> tuple[Found, ...]:
    """Look at every file below *directory*, in the order of their paths.

    Archives of programs, such as those of the CNI plugins and crictl, are taken apart.

    Args:
        scratch: An empty directory for what is taken out of archives.

    Raises:
        UsageError: *directory* is no directory, or holds nothing.
        BundleError: A file is broken, or is not what its place or its checksum file says.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory} is no directory", remedy="--from DIR holds the downloads")
    files = sorted(path for path in directory.rglob("*") if path.is_file() and _is_wanted(path))
    found = tuple(one for path in files for one in _look(path, directory, scratch))
    if not found:
        raise UsageError(f"{directory} holds no file", remedy="see docs/bundles.md for what to put")
    return found


def _is_wanted(path: Path) -> bool:
    name = path.name.lower()
    return not name.startswith((".", *_IGNORED_NAMES)) and not name.endswith(_IGNORED_SUFFIXES)


def _look(path: Path, directory: Path, scratch: Path) -> Iterator[Found]:
    _check_sum(path)
    label = path.relative_to(directory).as_posix()
    with path.open("rb") as file:
        start = file.read(_TAR_MAGIC_AT + 5)
        compressed = is_compressed(file)
    if start.startswith(b"!<arch>\n"):
        yield found_deb(path, label)
    elif start.startswith((_ELF, b"#!")):
        yield found_program(path, label)
    elif compressed or start[_TAR_MAGIC_AT:] == b"ustar":
        contents = imagefile.read_contents(path)
        if contents is not None:
            yield found_images(path, label, contents)
        else:
            yield from _programs_in(path, label, scratch)
    else:
        yield found_file(path, label)


def _programs_in(path: Path, label: str, scratch: Path) -> Iterator[Found]:
    """Take the programs out of an archive; what else is in it stays there."""
    folder = scratch / hashlib.sha256(label.encode()).hexdigest()
    folder.mkdir()
    inside = "cni" if plain_name(path.name).startswith("cni-plugins") else "bin"
    with path.open("rb") as file, open_tar(file, label) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None or not (start := content.read(4)).startswith(_ELF):
                continue
            target = folder / PurePosixPath(member.name).name
            if target.name in _IGNORED_PROGRAMS:
                continue
            with target.open("wb") as out:
                out.write(start)
                shutil.copyfileobj(content, out)
            yield found_program(
                target,
                f"{PurePosixPath(label).parent}/{inside}/{target.name}",
                version=version_in(path.name),
            )


def _check_sum(path: Path) -> None:
    """Compare *path* with the checksum file that upstream releases put beside it."""
    for suffix in _CHECKSUMS:
        beside = path.with_name(path.name + suffix)
        if not beside.is_file():
            continue
        words = beside.read_text("ascii", "replace").split()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if words[:1] != [digest]:
            raise BundleError(
                f"{path.name} is not what {beside.name} says: it was cut off or changed",
                remedy="fetch both again",
            )
