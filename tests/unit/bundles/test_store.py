"""The cache shows whole bundles or nothing."""

from __future__ import annotations

import errno
import hashlib
import io
import json
from pathlib import Path

import pytest

from kuberry.bundles.lock import FileLock
from kuberry.bundles.store import Store
from kuberry.errors import BundleError
from kuberry.model.bundle import Binary, Bundle

CONTENT = b"a program"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def bundle(name: str = "one", version: str = "v1.31.4") -> Bundle:
    """Return a bundle of one program."""
    program = Binary(
        name="kubelet",
        version=version,
        architecture="amd64",
        size_bytes=len(CONTENT),
        sha256=DIGEST,
    )
    return Bundle(
        name=name,
        distribution="kubeadm",
        version=version,
        created_from="a test",
        artifacts=(program,),
    )


def fill(store: Store, *bundles: Bundle) -> None:
    """Put *bundles* into *store*."""
    with store.writing() as writer:
        assert writer.add(io.BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
        for one in bundles:
            writer.publish(one)


def test_what_was_published_is_found_again(store: Store) -> None:
    """Bundles that hold the same bytes share them."""
    fill(store, bundle("one"), bundle("two", "v1.32.0"))

    assert store.names() == ("one", "two")
    assert store.load("two") == bundle("two", "v1.32.0")
    assert store.faults(store.load("one")) == ()
    assert [path.name for path in (store.root / "blobs/sha256").iterdir()] == [DIGEST]


def test_a_missing_bundle_names_those_that_are_there(store: Store) -> None:
    """A mistyped name is easy to put right."""
    fill(store, bundle("one"))

    with pytest.raises(BundleError, match="there are: one"):
        store.load("on")


@pytest.mark.parametrize("name", ["../one", "/etc", "", "one/../one"])
def test_a_name_is_no_path(store: Store, name: str) -> None:
    """Nothing outside the store is read, whatever the name."""
    fill(store, bundle("one"))

    with pytest.raises(BundleError, match="no bundle is called"):
        store.load(name)


def test_a_bundle_without_its_bytes_is_not_published(store: Store) -> None:
    """A manifest never appears before its blobs."""
    with pytest.raises(BundleError, match="not in the cache"), store.writing() as writer:
        writer.publish(bundle())

    assert store.names() == ()


def test_there_is_one_writer_at_a_time(store: Store) -> None:
    """Another's half file would be cleared away, and its bundle lose what it shares."""
    other = FileLock(store.root / "lock", timeout_s=0.0)
    with store.writing():
        assert not other.try_acquire()

    assert other.try_acquire()
    other.release()


def test_what_a_killed_writer_left_is_gone_with_the_next(store: Store) -> None:
    """Half a file is neither seen nor kept."""
    (store.root / "tmp").mkdir(parents=True)
    (store.root / "tmp" / "1").write_bytes(b"half")

    fill(store, bundle())

    assert not (store.root / "tmp").exists()
    assert store.faults(store.load("one")) == ()


def test_every_damage_is_a_fault(store: Store) -> None:
    """A changed byte and a lost file are each named; adding the right bytes again heals both."""
    fill(store, bundle())
    path = store.blob(bundle().artifacts[0])
    path.chmod(0o600)
    path.write_bytes(b"A program")
    assert store.faults(bundle()) == ("binary kubelet (amd64): its bytes are not those announced",)
    path.unlink()
    assert store.faults(bundle()) == ("binary kubelet (amd64): No such file or directory",)

    fill(store, bundle())

    assert store.faults(bundle()) == ()


def test_a_full_disk_is_an_error_with_a_way_out(store: Store) -> None:
    """No space left is said as such."""
    with pytest.raises(BundleError, match="no space is left") as caught, store.writing():
        raise OSError(errno.ENOSPC, "No space left on device")

    assert "make room" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema_version": 2}, "a newer kuberry"),
        ({"surprise": 1}, "surprise"),
        ({"artifacts": [{"kind": "binary"}]}, "artifacts"),
    ],
)
def test_a_strange_manifest_is_refused(store: Store, change: dict[str, object], why: str) -> None:
    """What this kuberry does not understand it does not use."""
    fill(store, bundle())
    path = store.root / "named/one/manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(BundleError) as caught:
        store.load("one")

    assert why in str(caught.value)


def test_a_piece_must_be_there_once() -> None:
    """Two kubelets for one architecture would leave the choice to chance."""
    twice = bundle().artifacts * 2
    with pytest.raises(ValueError, match="there twice"):
        Bundle.model_validate(bundle().model_dump() | {"artifacts": twice})


def test_a_file_of_the_users_is_not_changed(store: Store, tmp_path: Path) -> None:
    """Adding a file copies it: its owner may go on with it."""
    path = tmp_path / "mine"
    path.write_bytes(CONTENT)
    with store.writing() as writer:
        writer.add_file(path)
        writer.publish(bundle())
    path.write_bytes(b"changed")

    assert store.blob(bundle().artifacts[0]).read_bytes() == CONTENT


def test_removal_takes_what_nobody_else_needs(store: Store) -> None:
    """Bytes that two bundles share go with the last of them; what a replaced one left goes too."""
    fill(store, bundle("one"), bundle("two"))
    stray = store.root / "blobs/sha256" / ("0" * 64)
    stray.write_bytes(b"of a bundle that was replaced")

    with store.writing() as writer:
        writer.remove("one")
    assert (store.names(), stray.exists()) == (("two",), False)
    assert store.faults(bundle("two")) == ()

    with store.writing() as writer:
        writer.remove("two")
    assert list((store.root / "blobs/sha256").iterdir()) == []
