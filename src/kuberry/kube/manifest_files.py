"""Manifests on this machine, as one stream for kubectl's standard input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuberry.errors import UsageError
from kuberry.model.bundle import MANIFEST_SUFFIXES


def joined(names: Sequence[str], *, recursive: bool = False) -> bytes:
    """Return the documents of the files *names*; a directory means those in it, by name.

    JSON is YAML, too; the first separator tells kubectl to read the stream so.

    Raises:
        UsageError: One cannot be read, or there is none.
    """
    paths = [path for name in names for path in _files(Path(name), recursive=recursive)]
    if not paths:
        raise UsageError(f"there is no manifest in {', '.join(names)}")
    try:
        return b"".join(b"---\n" + path.read_bytes().rstrip() + b"\n" for path in paths)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from None


def _files(path: Path, *, recursive: bool) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = path.rglob("*") if recursive else path.iterdir()
    return sorted(one for one in found if one.suffix in MANIFEST_SUFFIXES and one.is_file())
