"""What comes back from a node is written where it belongs, or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from kuberry.errors import CommandFailed
from kuberry.queueing.results import unpack


def packed(*members: tuple[str, bytes, bytes]) -> bytes:
    """Return an archive of members: name, type, content (of links: where they point)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, content in members:
            one = tarfile.TarInfo(name)
            one.type = kind
            if kind == tarfile.REGTYPE:
                one.size = len(content)
            else:
                one.linkname = content.decode()
            tar.addfile(one, io.BytesIO(content))
    return out.getvalue()


def test_plain_files_are_written(tmp_path: Path) -> None:
    """With their directories; links and devices are left out."""
    archive = packed(
        ("./", tarfile.DIRTYPE, b""),
        ("./a/b", tarfile.REGTYPE, b"\x00\xff"),
        ("./link", tarfile.SYMTYPE, b"/etc/passwd"),
        ("./pipe", tarfile.FIFOTYPE, b""),
    )

    assert unpack(archive, tmp_path / "r", "red") == ("a/b",)
    assert (tmp_path / "r/a/b").read_bytes() == b"\x00\xff"
    assert sorted(one.name for one in (tmp_path / "r").rglob("*")) == ["a", "b"]


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x"])
def test_nothing_is_written_elsewhere(name: str, tmp_path: Path) -> None:
    """A host may say anything."""
    with pytest.raises(CommandFailed, match="refused"):
        unpack(packed((name, tarfile.REGTYPE, b"x")), tmp_path / "r" / "s", "red")
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("archive", [b"", b"x" * 700], ids=["nothing", "rubbish"])
def test_what_is_no_archive_is_refused(archive: bytes, tmp_path: Path) -> None:
    """With a sentence."""
    with pytest.raises(CommandFailed, match="refused"):
        unpack(archive, tmp_path / "r", "red")
