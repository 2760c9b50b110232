"""The image for data science, made of small packages that look like Debian's."""

from __future__ import annotations

import gzip
import io
import json
import marshal
import sys
import tarfile
from pathlib import Path

import pytest
from tests.unit.bundles.samples import deb

from kuberry.bundles.science import make_image, place

REFERENCE = "localhost/kuberry/science:1"
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
MODULE = "usr/lib/python3/dist-packages/numpy/core.py"


def _debs(directory: Path, python: str = OWN) -> tuple[Path, ...]:
    files = {
        "./bin/dash": b"dash",
        "./usr/share/doc/dash/copyright": b"c",
        f"./usr/bin/python{python}": b"python",
        f"./{MODULE}": b"ANSWER = 42\n",
        "./usr/lib/python3/dist-packages/numpy/broken.py": b"def (:\n",
        "./usr/lib/python3/dist-packages/numpy/tests/test_core.py": b"assert False\n",
    }
    path = directory / "all.deb"
    path.write_bytes(deb("Package: all\nVersion: 1\nArchitecture: amd64\n", files))
    return (path,)


def _layer(path: Path) -> tarfile.TarFile:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(path.read_bytes()))) as image:
        manifest = json.load(image.extractfile("manifest.json") or io.BytesIO())
        layer = image.extractfile(manifest[0]["Layers"][0])
        assert layer is not None
        return tarfile.open(fileobj=io.BytesIO(layer.read()))


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("bin/dash", "usr/bin/dash"),
        ("lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"),
        ("bin", ""),
        ("usr/bin/env", "usr/bin/env"),
        ("etc/ssl", "etc/ssl"),
        ("usr/lib/python3/dist-packages/scipy/tests", ""),
        ("usr/lib/python3/dist-packages/scipy/tests/a.py", ""),
        ("usr/lib/python3/dist-packages/tests.py", "usr/lib/python3/dist-packages/tests.py"),
    ],
)
def test_where_things_belong(inside: str, expected: str) -> None:
    """All programs and libraries lie below usr, as on every Debian of today; tests do not come."""
    assert place(inside) == expected


def test_what_scripts_of_packages_would_make_is_there(tmp_path: Path) -> None:
    """Links of alternatives, merged directories, users; no documentation."""
    found, note = make_image(REFERENCE, "amd64", _debs(tmp_path), tmp_path)
    layer = _layer(found.source)
    names = set(layer.getnames())

    assert (note, found.images, found.architecture) == ("", (REFERENCE,), "amd64")
    assert layer.getmember("bin").linkname == "usr/bin"
    blas = layer.getmember("usr/lib/x86_64-linux-gnu/libblas.so.3")
    assert blas.linkname == "openblas-pthread/libblas.so.3"
    assert {"usr/bin/dash", "etc/passwd", "tmp", MODULE} <= names
    assert not any("/doc/" in name or "tests" in name for name in names)


def test_modules_come_compiled_and_broken_ones_as_they_are(tmp_path: Path) -> None:
    """The bytecode runs, and never looks at the time of its source."""
    found, _ = make_image(REFERENCE, "amd64", _debs(tmp_path), tmp_path)
    layer = _layer(found.source)
    folder = "usr/lib/python3/dist-packages/numpy/__pycache__"
    tag = f"cpython-{OWN.replace('.', '')}"
    compiled = layer.extractfile(f"{folder}/core.{tag}.pyc")
    assert compiled is not None
    header, code = compiled.read(16), compiled.read()
    scope: dict[str, object] = {}
    exec(marshal.loads(code), scope)  # noqa: S102, S302 -- our own four words

    assert scope["ANSWER"] == 42
    assert header[4:8] == b"\x01\0\0\0"  # PEP 552: hash-based, not checked
    assert f"{folder}/broken.{tag}.pyc" not in layer.getnames()


def test_another_python_compiles_for_itself_and_that_is_said(tmp_path: Path) -> None:
    """Bytecode of this Python would be of no use to it."""
    found, note = make_image(REFERENCE, "arm64", _debs(tmp_path, "3.7"), tmp_path)

    assert OWN in note
    assert not any(name.endswith(".pyc") for name in _layer(found.source).getnames())


def test_the_same_packages_make_the_same_bytes(tmp_path: Path) -> None:
    """So that hosts that have it are not sent it again."""
    made = []
    for name in ("one", "two"):
        directory = tmp_path / name
        directory.mkdir()
        found, _ = make_image(REFERENCE, "amd64", _debs(directory), directory)
        made.append(found.source.read_bytes())

    assert made[0] == made[1]
