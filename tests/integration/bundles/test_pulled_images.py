"""Images that were pulled from a registry are what a real containerd takes."""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry.bundles.debfile import open_content
from kuberry.bundles.store import Store
from kuberry.bundles.upstream.download import Downloads
from kuberry.bundles.upstream.layout import write_layout
from kuberry.bundles.upstream.registry import Registries
from kuberry.bundles.upstream.web import Web
from kuberry.model.bundle import Bundle
from kuberry.model.event import ignore
from kuberry.model.upstream import Upstream
from kuberry.settings import Settings
from mirror import Mirror, serving
from published import DOCKER, OCI, MediaTypes, publish_image

pytestmark = pytest.mark.integration

Ctr = Callable[..., str]
CONFIGURATION = """\
version = 2
root = "{home}/root"
state = "{home}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{home}/grpc"
[ttrpc]
  address = "{home}/ttrpc"
"""


@pytest.fixture(scope="module")
def ctr(lab_bundle: Bundle, lab_settings: Settings) -> Iterator[Ctr]:
    """Give `ctr` of the lab bundle's containerd, which runs for this module alone."""
    deb = next(one for one in lab_bundle.artifacts if one.name == "containerd")
    # Not below pytest's own directory: addresses of sockets have 107 characters at most.
    with tempfile.TemporaryDirectory() as home:
        with open_content(Store(lab_settings.bundles_dir).blob(deb)) as tar:
            tar.extractall(home, filter="data")
        (Path(home) / "config.toml").write_text(CONFIGURATION.format(home=home))
        program = f"{home}/usr/bin/containerd"
        process = subprocess.Popen([program, "-c", f"{home}/config.toml", "-l", "error"])
        deadline = time.monotonic() + 30
        while not Path(f"{home}/grpc").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)

        def run(*words: str) -> str:
            command = [f"{home}/usr/bin/ctr", "-a", f"{home}/grpc", "-n", "k8s.io", *words]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        yield run
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("types", "tag"), [(OCI, "oci"), (DOCKER, "docker")])
async def test_a_real_containerd_imports_what_was_pulled(
    ctr: Ctr,
    lab_bundle: Bundle,
    lab_settings: Settings,
    tmp_path: Path,
    types: MediaTypes,
    tag: str,
) -> None:
    """A registry's image, in either format, is there under its name, its layers unpacked."""
    image = next(one for one in lab_bundle.artifacts if one.name == "pause")
    with tarfile.open(Store(lab_settings.bundles_dir).blob(image)) as tar:
        (listed,) = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        config = tar.extractfile(listed["Config"]).read()  # type: ignore[union-attr]
        layer = gzip.compress(tar.extractfile(listed["Layers"][0]).read())  # type: ignore[union-attr]
    mirror = Mirror()
    layers: dict[str, bytes] = {image.architecture: layer}
    publish_image(mirror, "registry.k8s.io", f"pause:{tag}", layers, types=types, config=config)

    with serving(mirror):
        async with Web(Upstream(mirror=mirror.url)) as web:
            name = f"registry.k8s.io/pause:{tag}"
            pulled = await Registries(web).resolve(name, image.architecture)
            downloads = Downloads(tmp_path, web, ignore)
            for blob in pulled.blobs:
                await downloads.fetch(blob)
    write_layout(tmp_path / "pause.tar", pulled, lambda one: downloads.place(one.sha256))
    ctr("images", "import", "--snapshotter", "native", str(tmp_path / "pause.tar"))

    assert name in ctr("images", "list", "-q").splitlines()
    assert name in ctr("images", "check", "--snapshotter", "native", "-q").splitlines()
