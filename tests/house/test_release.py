"""A release is one thing, wherever and whenever it is built."""

from __future__ import annotations

import importlib
import os
import re
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
TIME_S = "1700000000"


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, imported from its file."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("release")


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What hatchling asks for the version."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("version")


def test_the_sdist_makes_the_wheel_of_the_tree(release: ModuleType, tmp_path: Path) -> None:
    """Built again from the unpacked sdist, with other times and another umask: the same bytes."""
    first = release.archives(ROOT, tmp_path / "first", TIME_S)
    with tarfile.open(next((tmp_path / "first").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = next(tmp_path.glob("kuberry-*"))
    for path in unpacked.rglob("*"):
        os.utime(path, (1, 1))
    before = os.umask(0o077)
    try:
        again = release.archives(unpacked, tmp_path / "again", TIME_S)
    finally:
        os.umask(before)

    assert len(first) == 2
    assert again == first


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ("v1.2.3-0-gabc1234", "1.2.3"),
        ("v1.2.3-7-gabc1234", "1.2.4.dev7"),
        ("", "0.1.0.dev0"),
        ("v1.2-7-gabc1234", "0.1.0.dev0"),
    ],
)
def test_the_version_is_that_of_the_tag(described: str, expected: str, version: ModuleType) -> None:
    """At a tag its version; behind it, one that sorts between it and the next."""
    assert version.version_of(described) == expected


def test_an_unpacked_sdist_knows_its_version(version: ModuleType, tmp_path: Path) -> None:
    """Without git, and also within somebody else's repository."""
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nVersion: 3.1.4\n", "utf-8")

    assert version.find_version(tmp_path) == "3.1.4"


def test_fragments_of_the_changelog_have_a_kind_and_a_sentence() -> None:
    """Towncrier would leave out what has another name."""
    files = [path for path in (ROOT / "changes").iterdir() if path.name != "README.md"]

    assert files or (ROOT / "CHANGELOG.md").read_text("utf-8").count("\n## ")
    for path in files:
        assert re.fullmatch(r"\+?[\w-]+\.(added|changed|fixed|removed)\.md", path.name)
        assert re.fullmatch(r"[^\n]+\.\n", path.read_text("utf-8"))
