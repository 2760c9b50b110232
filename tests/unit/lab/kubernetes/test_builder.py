"""When the lab bundle that is there is taken, and when it is built again."""

from __future__ import annotations

import io
from pathlib import Path

import made_up as make
from kuberry.bundles.store import Store
from kuberry.lab.kubernetes import builder
from kuberry.model.bundle import Bundle


def _stored(store: Store) -> Bundle:
    with store.writing() as writer:
        digest, size = writer.add(io.BytesIO(b"a program"))
        piece = make.bundle().artifacts[0].model_copy(update={"sha256": digest, "size_bytes": size})
        made = {"name": "lab", "inputs": "key", "artifacts": (piece,)}
        bundle = make.bundle().model_copy(update=made)
        writer.publish(bundle)
    return bundle


def test_only_changed_inputs_have_it_built_again(tmp_path: Path) -> None:
    """One that was made of the same is taken, and one that was made of something else is not."""
    store = Store(tmp_path)
    assert builder._known(store, "key") is None

    bundle = _stored(store)
    assert builder._known(store, "key") == bundle
    assert builder._known(store, "another") is None


def test_a_bundle_that_lost_bytes_is_built_again(tmp_path: Path) -> None:
    """A cache may be cleared by anyone."""
    store = Store(tmp_path)
    (piece,) = _stored(store).artifacts
    store.blob(piece).unlink()

    assert builder._known(store, "key") is None
