"""Python of an image compiled beforehand: else each task would compile all that it imports."""

from __future__ import annotations

import py_compile
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from kuberry.bundles.debfile import open_content
from kuberry.bundles.imagewrite import Layer, Place

_OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
_TAG = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
_LIBRARY = "usr/lib/python3"


def add_bytecode(layer: Layer, debs: Iterable[Path], place: Place) -> str:
    """Add the compiled twin of each Python module of *debs*, by the Python that runs this.

    Bytecode is of one minor version of Python (https://docs.python.org/3/library/importlib.html,
    ``MAGIC_NUMBER``), so there is none for another.

    Returns:
        Why it was not done; empty when it was.

    Raises:
        BundleError: One of *debs* is no Debian package.
    """
    if not layer.has(f"usr/bin/python{_OWN}"):
        return (
            f"its Python is not {_OWN}, which runs kuberry: modules in it are compiled by each task"
        )
    with tempfile.TemporaryDirectory() as directory:
        for deb in debs:
            for inside, text in _modules(deb, place):
                if compiled := _compiled(inside, text, Path(directory)):
                    path = PurePosixPath(inside)
                    layer.add_text(f"{path.parent}/__pycache__/{path.stem}.{_TAG}.pyc", compiled)
    return ""


def _modules(deb: Path, place: Place) -> Iterator[tuple[str, bytes]]:
    with open_content(deb) as tar:
        for member in tar:
            inside = place(member.name.removeprefix("./"))
            if member.isreg() and inside.startswith(_LIBRARY) and inside.endswith(".py"):
                content = tar.extractfile(member)
                yield inside, content.read() if content else b""


def _compiled(inside: str, text: bytes, directory: Path) -> bytes | None:
    """Return the bytecode of a module; ``None`` of one that cannot be compiled, as examples.

    It says itself that it is not to be compared with its source, so that no time is in it.
    """
    source, target = directory / "module.py", directory / "module.pyc"
    source.write_bytes(text)
    try:
        with warnings.catch_warnings(action="ignore"):  # they are for its authors
            py_compile.compile(
                str(source),
                str(target),
                f"/{inside}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
    except (py_compile.PyCompileError, ValueError):
        return None
    return target.read_bytes()
