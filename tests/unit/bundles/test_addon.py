"""A network add-on comes whole: its manifest, and every image that it wants."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.bundles.samples import docker_archive, fill_release

from kuberry.actions.bundle_create import Wanted, create_bundle
from kuberry.bundles.store import Store
from kuberry.errors import BundleError

MANIFEST = """
kind: Namespace
---
kind: DaemonSet
spec:
  template:
    spec:
      initContainers: [{name: install, image: flannel/plugin:v1}]
      containers: [{name: flannel, image: registry.example/flannel:v2}]
"""


def _fill(directory: Path, *images: str, manifest: str = MANIFEST, name: str = "net.yml") -> Path:
    fill_release(directory)
    (directory / name).write_text(manifest)
    for number, image in enumerate(images):
        archive = docker_archive([image], "amd64")
        (directory / "amd64" / f"add-on-{number}.tar").write_bytes(archive)
    return directory


def test_an_add_on_with_all_its_images_is_taken(store: Store, tmp_path: Path) -> None:
    """Short names mean what containerd takes them for."""
    release = _fill(tmp_path / "a", "flannel/plugin:v1", "registry.example/flannel:v2")
    bundle = create_bundle(store, Wanted("kubeadm", release))

    assert [one.name for one in bundle.artifacts if one.kind == "file"] == ["net.yml"]


def test_images_that_a_manifest_wants_are_missed(store: Store, tmp_path: Path) -> None:
    """Nothing is pulled while hosts are at work: each is named, wherever its container stands."""
    for text, name in (
        (MANIFEST, "net.yml"),
        (json.dumps({"containers": [{"image": "x"}]}), "n.json"),
    ):
        with pytest.raises(BundleError) as caught:
            create_bundle(
                store, Wanted("kubeadm", _fill(tmp_path / name, manifest=text, name=name))
            )
        wanted = {"docker.io/flannel/plugin:v1", "registry.example/flannel:v2"}
        wanted = wanted if name == "net.yml" else {"docker.io/library/x:latest"}
        assert all(
            f"for amd64: the image {one}, which {name}" in str(caught.value) for one in wanted
        )
    assert store.names() == ()


def test_a_broken_manifest_is_named(store: Store, tmp_path: Path) -> None:
    """Here, not by the API server at the end of a deploy."""
    with pytest.raises(BundleError, match=r"net\.yml is no YAML"):
        create_bundle(store, Wanted("kubeadm", _fill(tmp_path / "a", manifest="a: [")))


def test_other_files_are_not_looked_into(store: Store, tmp_path: Path) -> None:
    """What is no manifest by its name is never applied."""
    release = _fill(tmp_path / "a", manifest="a: [", name="notes.txt")

    assert create_bundle(store, Wanted("kubeadm", release)).distribution == "kubeadm"
