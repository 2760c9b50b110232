"""Debian packages are read without dpkg."""

from __future__ import annotations

from pathlib import Path

import pytest
from backports import zstd
from tests.unit.bundles.samples import ar_of, deb

from kuberry.bundles.debfile import Control, read_control, read_file
from kuberry.errors import BundleError

CONTROL = """Package: conntrack
Version: 1:1.4.7-1+b2
Architecture: amd64
Pre-Depends: init (>= 1)
Depends: libc6 (>= 2.34), libmnl0 | libmnl1,
 libnetfilter-conntrack3
Description: a program
 Depends: nothing
"""


@pytest.mark.parametrize("compression", ["", ".gz", ".xz"])
def test_the_control_file_is_read(tmp_path: Path, compression: str) -> None:
    """Name, version, architecture and needs are those of the control file, folded lines and all."""
    path = tmp_path / "c.deb"
    path.write_bytes(deb(CONTROL, {}, compression))

    assert read_control(path) == Control(
        package="conntrack",
        version="1:1.4.7-1+b2",
        architecture="amd64",
        depends=(
            "init (>= 1)",
            "libc6 (>= 2.34)",
            "libmnl0 | libmnl1",
            "libnetfilter-conntrack3",
        ),
    )


def test_a_file_is_found_before_and_after_the_merge_of_usr(tmp_path: Path) -> None:
    """/bin/x and /usr/bin/x are one place on merged systems; packages say either."""
    for name in ("./bin/busybox", "./usr/bin/busybox"):
        path = tmp_path / "b.deb"
        path.write_bytes(deb(CONTROL, {name: b"inside"}))
        assert read_file(path, "bin/busybox") == b"inside"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not start like one"),
        (b"!<arch>\n", "has no control.tar"),
        (b"!<arch>\n" + b"x" * 60, "has no size"),
        (ar_of({"control.tar.xz": b"\xfd7zXZ\x00 cut off"}), "no sound tar archive"),
        (ar_of({"control.tar": b""}), "no sound tar archive"),
        (deb("Package: x\nVersion: 1\n", {}), "has no Architecture"),
    ],
)
def test_a_broken_package_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    """What is no package says so, and names the file."""
    path = tmp_path / "broken.deb"
    path.write_bytes(content)

    with pytest.raises(BundleError, match=why) as caught:
        read_control(path)

    assert "broken.deb" in caught.value.message


def test_zstd_needs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ubuntu packs with zstd; what unpacks it comes with kuberry."""
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "u.deb"
    path.write_bytes(deb(CONTROL, {"./bin/x": b"x"}, ".zst"))

    assert read_control(path).package == "conntrack"
    assert read_file(path, "bin/x") == b"x"


def test_broken_zstd_is_refused(tmp_path: Path) -> None:
    """A stream that is cut off is no sound package."""
    path = tmp_path / "u.deb"
    whole = zstd.compress(bytes(range(256)) * 9)
    path.write_bytes(ar_of({"debian-binary": b"2.0\n", "control.tar.zst": whole[:-9]}))

    with pytest.raises(BundleError, match=r"u\.deb is no sound tar archive"):
        read_control(path)
