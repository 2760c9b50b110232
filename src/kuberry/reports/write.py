"""The files of a report: whole or not at all, for their owner only."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from kuberry.model.document import RunDocument
from kuberry.reports.page import page

_PRIVATE_DIRECTORY = 0o700


def as_json(document: RunDocument) -> str:
    """Return *document* as JSON."""
    return document.model_dump_json(indent=2) + "\n"


def write_report(document: RunDocument, directory: Path) -> Path:
    """Write *document* as ``RUN.json`` and ``RUN.html`` to *directory*; return the page's path.

    Raises:
        OSError: It cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_DIRECTORY)
    if os.name == "posix":
        directory.chmod(_PRIVATE_DIRECTORY)
    write_file(directory / f"{document.run.id}.json", as_json(document))
    target = directory / f"{document.run.id}.html"
    write_file(target, page(document))
    return target


def write_file(path: Path, text: str) -> None:
    """Write *text* to *path*, whole or not at all, with mode 0600.

    Raises:
        OSError: It cannot be written; what stood there is untouched.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
