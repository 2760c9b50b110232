"""A bundle in one file: the same bytes each time, and nothing hostile comes in."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.bundles.pack import export_bundle, import_bundle
from kuberry.bundles.store import Store
from kuberry.errors import BundleError
from kuberry.model.bundle import Bundle, PlainFile

CONTENT = b"kind: ConfigMap\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
BLOB = f"blobs/sha256/{DIGEST}"

File = tuple[str, bytes]


def sample(**change: object) -> Bundle:
    """Return a bundle of one file under two names."""
    fields = {"version": "1", "architecture": "any", "size_bytes": len(CONTENT), "sha256": DIGEST}
    files = [PlainFile.model_validate({**fields, **change, "name": name}) for name in "ab"]
    return Bundle(
        name="net",
        distribution="kubeadm",
        version="v1.31.4",
        created_from="a test",
        artifacts=tuple(files),
    )


@pytest.fixture
def filled(store: Store) -> Store:
    """Give a store with the bundle."""
    with store.writing() as writer:
        writer.add(io.BytesIO(CONTENT))
        writer.publish(sample())
    return store


def write_tar(path: Path, *members: File | tarfile.TarInfo) -> None:
    """Write a tar archive of files and of whatever else an attacker puts there."""
    with tarfile.open(path, "w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                entry = tarfile.TarInfo(member[0])
                entry.size = len(member[1])
                tar.addfile(entry, io.BytesIO(member[1]))


def odd(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Return a member that is no plain file."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def manifest(bundle: Bundle) -> File:
    """Return the first member."""
    return ("manifest.json", bundle.model_dump_json().encode())


def test_export_and_import_give_the_same_bundle(filled: Store, tmp_path: Path) -> None:
    """The other machine has what this one had, and two exports are one file."""
    for name in ("one.tar", "two.tar"):
        export_bundle(filled, sample(), tmp_path / name)
    other = Store(tmp_path / "other")

    imported = import_bundle(other, tmp_path / "one.tar")

    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    assert imported == sample() == other.load("net")
    assert other.faults(imported) == ()


def test_a_damaged_bundle_is_not_exported(filled: Store, tmp_path: Path) -> None:
    """The damage is said here, not on the machine behind the air gap."""
    blob = filled.blob(sample().artifacts[0])
    blob.chmod(0o600)
    blob.write_bytes(b"kind: Something\n")

    with pytest.raises(BundleError, match="damaged"):
        export_bundle(filled, sample(), tmp_path / "x.tar")

    assert not list(tmp_path.glob("x.tar*"))


ATTACKS: dict[str, tuple[Callable[[], tuple[File | tarfile.TarInfo, ...]], str]] = {
    "no manifest first": (lambda: ((BLOB, CONTENT), manifest(sample())), "does not begin with"),
    "manifest is a link": (
        lambda: (odd("manifest.json", tarfile.SYMTYPE, "/etc/passwd"),),
        "does not begin with",
    ),
    "manifest is nonsense": (lambda: (("manifest.json", b"{"),), "unusable"),
    "name climbs out": (
        lambda: (("manifest.json", manifest(sample())[1].replace(b'"net"', b'"../net"')),),
        "name",
    ),
    "digest climbs out": (
        lambda: (
            ("manifest.json", manifest(sample())[1].replace(DIGEST.encode(), b"../../x")),
            ("../../x", CONTENT),
        ),
        "sha256",
    ),
    "member climbs out": (lambda: (manifest(sample()), ("../evil", b"x")), "not in its manifest"),
    "member not announced": (
        lambda: (manifest(sample()), (BLOB, CONTENT), ("blobs/sha256/extra", b"x")),
        "not in its manifest",
    ),
    "member twice": (
        lambda: (manifest(sample()), (BLOB, CONTENT), (BLOB, CONTENT)),
        "not in its manifest",
    ),
    "blob is a symbolic link": (
        lambda: (manifest(sample()), odd(BLOB, tarfile.SYMTYPE, "/etc/passwd")),
        "no plain file",
    ),
    "blob is a hard link": (
        lambda: (manifest(sample()), odd(BLOB, tarfile.LNKTYPE, "manifest.json")),
        "no plain file",
    ),
    "blob is a device": (
        lambda: (manifest(sample()), odd(BLOB, tarfile.CHRTYPE)),
        "no plain file",
    ),
    "blob is longer": (
        lambda: (manifest(sample()), (BLOB, CONTENT * 2)),
        "not as long as the manifest says",
    ),
    "blob has other bytes": (
        lambda: (manifest(sample()), (BLOB, b"X" * len(CONTENT))),
        "not what the manifest says",
    ),
    "blob is missing": (lambda: (manifest(sample()),), "missing"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_file_changes_nothing(store: Store, tmp_path: Path, attack: str) -> None:
    """It is refused with the reason, and neither a bundle nor a blob is left of it."""
    members, why = ATTACKS[attack]
    write_tar(tmp_path / "in.tar", *members())
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    with pytest.raises(BundleError) as caught:
        import_bundle(store, tmp_path / "in.tar")

    assert why in str(caught.value)
    assert store.names() == ()
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert after - before <= {store.root / "lock"}


@pytest.mark.parametrize("length", [0, 100, 512, 1500, 2000])
def test_a_cut_off_file_is_refused(filled: Store, tmp_path: Path, length: int) -> None:
    """A download that broke off is told from a bundle."""
    export_bundle(filled, sample(), tmp_path / "whole.tar")
    cut = tmp_path / "cut.tar"
    cut.write_bytes((tmp_path / "whole.tar").read_bytes()[:length])
    other = Store(tmp_path / "other")

    with pytest.raises(BundleError):
        import_bundle(other, cut)

    assert other.names() == ()


def test_a_compressed_file_is_refused(filled: Store, tmp_path: Path) -> None:
    """A bundle is a plain tar archive, so that no few bytes can become many."""
    packed = tmp_path / "net.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(filled.root / BLOB, "manifest.json")

    with pytest.raises(BundleError, match="no sound tar archive"):
        import_bundle(filled, packed)


def test_a_failed_import_leaves_the_old_bundle(filled: Store, tmp_path: Path) -> None:
    """What was there before stays usable."""
    write_tar(tmp_path / "in.tar", manifest(sample(sha256="0" * 64)))

    with pytest.raises(BundleError, match="missing"):
        import_bundle(filled, tmp_path / "in.tar")

    assert filled.load("net") == sample()


def test_a_missing_file_is_said(store: Store, tmp_path: Path) -> None:
    """The path that does not exist is named."""
    with pytest.raises(BundleError, match=r"nothing\.tar: No such file"):
        import_bundle(store, tmp_path / "nothing.tar")
