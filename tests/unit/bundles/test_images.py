"""Image archives: read whatever made them, written the same each time."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from tests.unit.bundles.samples import deb, docker_archive, tar_of

from kuberry.bundles.imagefile import ImageContents, full_reference, read_contents
from kuberry.bundles.imagewrite import Layer, Recipe, write_image
from kuberry.errors import BundleError


def blob(value: object) -> tuple[str, bytes]:
    """Return the digest and the bytes of a JSON document."""
    text = json.dumps(value).encode()
    return hashlib.sha256(text).hexdigest(), text


def oci_archive(notes: dict[str, str], *, nested: bool) -> bytes:
    """Return an OCI layout with one arm64 image."""
    config_digest, config = blob({"architecture": "arm64"})
    digest, manifest = blob({"config": {"digest": f"sha256:{config_digest}"}})
    files = {f"blobs/sha256/{config_digest}": config, f"blobs/sha256/{digest}": manifest}
    if nested:
        digest, inner = blob({"manifests": [{"digest": f"sha256:{digest}"}]})
        files[f"blobs/sha256/{digest}"] = inner
    index = {"manifests": [{"digest": f"sha256:{digest}", "annotations": notes}]}
    return tar_of({"index.json": json.dumps(index).encode(), **files})


def test_a_docker_archive_tells_names_and_architecture(tmp_path: Path) -> None:
    """Short names become what a kubelet asks for; Go's arm is Debian's armhf."""
    path = tmp_path / "i.tar"
    path.write_bytes(docker_archive(["flannel/flannel", "k8s.gcr.io/pause:3.2"], "armhf"))

    assert read_contents(path) == ImageContents(
        images=("docker.io/flannel/flannel:latest", "k8s.gcr.io/pause:3.2"),
        architectures=("armhf",),
    )


@pytest.mark.parametrize("nested", [False, True])
def test_an_oci_archive_tells_names_and_architecture(tmp_path: Path, *, nested: bool) -> None:
    """The full name is containerd's annotation; an index may stand between."""
    notes = {
        "io.containerd.image.name": "docker.io/library/nginx:1",
        "org.opencontainers.image.ref.name": "1",
    }
    path = tmp_path / "i.tar"
    path.write_bytes(oci_archive(notes, nested=nested))

    contents = read_contents(path)

    assert contents == ImageContents(
        images=("docker.io/library/nginx:1",), architectures=("arm64",)
    )


def test_a_bare_tag_is_no_name(tmp_path: Path) -> None:
    """An OCI layout that only says "1.0" holds no image that a pod could name."""
    path = tmp_path / "i.tar"
    path.write_bytes(oci_archive({"org.opencontainers.image.ref.name": "1.0"}, nested=False))

    assert read_contents(path) == ImageContents(images=(), architectures=("arm64",))


def test_another_archive_is_no_image(tmp_path: Path) -> None:
    """A tar archive of programs is told from an image archive."""
    path = tmp_path / "p.tar"
    path.write_bytes(tar_of({"crictl": b"\x7fELF"}))

    assert read_contents(path) is None


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    """A cut-off archive says so."""
    path = tmp_path / "cut.tar"
    path.write_bytes(docker_archive(["a/b:1"], "amd64")[:700])

    with pytest.raises(BundleError, match="no sound tar archive"):
        read_contents(path)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.35", "docker.io/library/busybox:1.35"),
        ("rancher/k3s:v1", "docker.io/rancher/k3s:v1"),
        ("localhost/a/b:1", "localhost/a/b:1"),
        ("host:5000/a", "host:5000/a:latest"),
        ("registry.k8s.io/pause@sha256:00", "registry.k8s.io/pause@sha256:00"),
    ],
)
def test_short_names_are_completed_as_containerd_does(short: str, full: str) -> None:
    """The rules are those of the distribution reference grammar."""
    assert full_reference(short) == full


def write_sample(directory: Path) -> bytes:
    """Write an image of every kind of entry and return its bytes."""
    directory.mkdir()
    package, layer_path, path = directory / "p.deb", directory / "layer", directory / "image.tar"
    package.write_bytes(
        deb("Package: p\n", {"./usr/bin/p": b"p", "./usr/share/doc/p/copyright": b"c"})
    )
    with contextlib.closing(Layer(layer_path)) as layer:
        layer.add_text("etc/passwd", b"root")
        layer.add_link("bin/sh", "busybox")
        layer.add_folder("tmp", mode=0o1777)
        layer.add_deb(package)
        layer.add_file("usr/local/bin/program", package)
    recipe = Recipe("k8s.gcr.io/thing:v1", "armhf", command=("thing",), entrypoint=("init",))
    write_image(path, recipe, (layer_path,))
    return path.read_bytes()


def test_two_writes_give_one_digest(tmp_path: Path) -> None:
    """Neither the time nor the place of the writing is in an image."""
    assert write_sample(tmp_path / "one") == write_sample(tmp_path / "other")


def test_a_written_image_is_what_the_recipe_says(tmp_path: Path) -> None:
    """Names, platform, command and layer digests are consistent; documentation is left out."""
    archive = write_sample(tmp_path / "w")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        parts = {one.name: tar.extractfile(one) for one in tar}
        read = {name: file.read() for name, file in parts.items() if file}
    (manifest,) = json.loads(read["manifest.json"])
    config = json.loads(read[manifest["Config"]])
    (layer_name,) = manifest["Layers"]
    with tarfile.open(fileobj=io.BytesIO(read[layer_name])) as tar:
        entries = {one.name: one for one in tar}

    assert manifest["RepoTags"] == ["k8s.gcr.io/thing:v1"]
    assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm", "v7")
    assert (config["config"]["Cmd"], config["config"]["Entrypoint"]) == (["thing"], ["init"])
    digest = hashlib.sha256(read[layer_name]).hexdigest()
    assert config["rootfs"]["diff_ids"] == [f"sha256:{digest}"]
    assert entries["bin/sh"].linkname == "busybox"
    assert entries["tmp"].mode == 0o1777
    assert entries["usr/local/bin/program"].mode == 0o755
    assert "usr/bin/p" in entries
    assert not [name for name in entries if name.startswith("usr/share/doc/")]
    folders = [one for one in entries.values() if one.isdir()]
    assert len({one.name for one in folders}) == len(folders)


def test_a_written_image_is_read_again(tmp_path: Path) -> None:
    """Reader and writer agree."""
    write_sample(tmp_path / "w")

    contents = read_contents(tmp_path / "w" / "image.tar")

    assert contents == ImageContents(images=("k8s.gcr.io/thing:v1",), architectures=("armhf",))
