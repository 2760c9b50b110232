"""Bundles of kubeadm's Kubernetes from upstream: programs, containerd, images of registries."""

from __future__ import annotations

import gzip

import pytest
from tests.integration.upstream.conftest import Make
from tests.unit.bundles.samples import elf, tar_of

from kuberry.bundles.imagefile import read_contents
from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import PROBE_IMAGE, Binary, Bundle, ImageArchive, PlainFile, image_names
from kuberry.settings import Settings
from mirror import Mirror
from published import KUBEADM, KUBEADM_IMAGES, publish_image, publish_kubeadm, sha256

pytestmark = pytest.mark.integration

CONSTANTS = (
    "raw.githubusercontent.com/kubernetes/kubernetes/v1.36.3/cmd/kubeadm/app/constants/constants.go"
)
KUBELET = f"dl.k8s.io/release/{KUBEADM}/bin/linux/arm64/kubelet"
ETCD = "registry.k8s.io/v2/etcd"


@pytest.fixture(autouse=True)
def published(mirror: Mirror) -> None:
    """Publish a Kubernetes; flannel's registry wants tokens as the real one does."""
    publish_kubeadm(mirror)
    mirror.guarded.add("ghcr.io")
    mirror.files["auth.ghcr.io/token"] = b""


async def _make(make: Make, version: str = "stable", *words: str) -> Bundle:
    return await make(version, words or ("arm64",), "kubeadm")


def _paths(mirror: Mirror, start: str) -> list[str]:
    return [path for path in mirror.files if path.startswith(start)]


async def test_everything_that_a_host_needs_is_there(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """Programs with their versions and places, and each image for the right architecture."""
    bundle = await _make(make, "stable", "arm64", "amd64")

    store = Store(settings.bundles_dir)
    assert (bundle.name, bundle.version) == ("kubeadm-v1.36.3", KUBEADM)
    assert store.faults(bundle) == ()
    for word in ("arm64", "amd64"):
        pieces = [one for one in bundle.artifacts if one.architecture == word]
        programs = {one.name: (one.version, one.place) for one in pieces if isinstance(one, Binary)}
        assert programs == {
            "kubeadm": (KUBEADM, "bin"),
            "kubelet": (KUBEADM, "bin"),
            "kubectl": (KUBEADM, "bin"),
            "containerd": ("2.3.7", "bin"),
            "containerd-shim-runc-v2": ("2.3.7", "bin"),
            "ctr": ("2.3.7", "bin"),
            "runc": ("v1.5.2", "bin"),
            "bridge": ("v1.9.1", "cni"),
            "portmap": ("v1.9.1", "cni"),
        }
        wanted = {name.format(version=KUBEADM) for name in KUBEADM_IMAGES}
        assert image_names(pieces) == wanted | {PROBE_IMAGE}
        for one in pieces:
            if isinstance(one, ImageArchive):
                contents = read_contents(store.blob(one))
                assert contents is not None
                assert (contents.images, contents.architectures) == (one.images, (word,))
    files = [one.name for one in bundle.artifacts if isinstance(one, PlainFile)]
    assert files == ["kube-flannel.yml"]


async def test_two_makings_give_one_digest(make: Make, settings: Settings) -> None:
    """The same release gives the same bytes, images written as archives included."""
    first = await _make(make)
    with Store(settings.bundles_dir).writing() as writer:
        writer.remove(first.name)

    assert (await _make(make)).digest == first.digest


@pytest.mark.parametrize("word", ["stable", "latest", "v1.36", "v1.36.3"])
async def test_a_version_becomes_exact(make: Make, word: str) -> None:
    """Whatever was said, the bundle has one version."""
    assert (await _make(make, word)).version == KUBEADM


@pytest.mark.parametrize("word", ["v1.36.99", "v1.99", "v1.99.0"])
async def test_a_version_that_is_not_there_names_one_that_is(make: Make, word: str) -> None:
    """The newest of its minor version, and the newest of all."""
    with pytest.raises(UsageError, match="there is no Kubernetes") as caught:
        await _make(make, word)

    assert "v1.36.3" in caught.value.remedy


@pytest.mark.parametrize(
    ("word", "architecture", "why"),
    [
        ("v1.20.2", "arm64", "older than what is downloaded"),
        ("v1.36.3", "armhf", "no programs for armhf"),
        ("v1.36.3+k3s1", "arm64", "is no version of Kubernetes"),
        ("v1.36.3", "riscv64", "is no architecture"),
    ],
)
async def test_what_upstream_does_not_have_is_said(
    make: Make, word: str, architecture: str, why: str
) -> None:
    """Before anything is downloaded, with the way that there is."""
    with pytest.raises(UsageError, match=why) as caught:
        await _make(make, word, architecture)

    assert caught.value.remedy


async def test_before_1_31_crictl_comes_too(make: Make, mirror: Mirror) -> None:
    """An older kubeadm does not run without it."""
    publish_kubeadm(mirror, "v1.30.5", ("arm64",))
    _publish_crictl(mirror)

    bundle = await _make(make, "v1.30.5")

    crictl = next(one for one in bundle.artifacts if one.name == "crictl")
    assert (crictl.kind, crictl.version) == ("binary", "v1.30.0")


def _publish_crictl(mirror: Mirror) -> None:
    base = "github.com/kubernetes-sigs/cri-tools/releases/download/v1.30.0/"
    path = f"{base}crictl-v1.30.0-linux-arm64.tar.gz"
    mirror.files[path] = gzip.compress(tar_of({"crictl": elf("arm64", b"crictl")}))
    mirror.files[f"{path}.sha256"] = sha256(mirror.files[path]).encode()


async def test_etcd_is_the_one_that_kubeadm_chooses(make: Make, mirror: Mirror) -> None:
    """The one for the minor version; the default where that is not listed."""
    text = mirror.files[CONSTANTS].replace(b"36: ", b"37: ")
    mirror.files[CONSTANTS] = text

    bundle = await _make(make)

    assert "registry.k8s.io/etcd:3.6.4-0" in image_names(bundle.artifacts)


async def test_a_source_that_tells_no_version_is_refused(make: Make, mirror: Mirror) -> None:
    """A page of a proxy in its place makes no bundle without images."""
    mirror.files[CONSTANTS] = b"<html>"

    with pytest.raises(BundleError, match="does not tell CoreDNSVersion"):
        await _make(make)


async def test_a_program_without_its_digest_is_refused(make: Make, mirror: Mirror) -> None:
    """What cannot be checked is not taken."""
    mirror.files[f"{KUBELET}.sha256"] = b"not a digest"

    with pytest.raises(BundleError, match="has no digest of kubelet"):
        await _make(make)

    assert mirror.gets("arm64/kubelet") == []


async def test_a_program_of_another_version_is_refused(make: Make, mirror: Mirror) -> None:
    """Right by its digest, wrong in itself: the bytes must tell the version."""
    mirror.files[KUBELET] = mirror.files[KUBELET].replace(b"v1.36.3", b"v1.36.2")
    mirror.files[f"{KUBELET}.sha256"] = sha256(mirror.files[KUBELET]).encode()

    with pytest.raises(BundleError, match=r"kubelet is not of version v1\.36\.3"):
        await _make(make)


async def test_a_changed_manifest_of_an_image_is_refused(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """A manifest is held to the digest that the list named."""
    for path in _paths(mirror, f"{ETCD}/manifests/sha256:"):
        mirror.files[path] = mirror.files[path].replace(
            b'"schemaVersion": 2', b'"schemaVersion": 3'
        )

    with pytest.raises(BundleError, match="is not what its digest says"):
        await _make(make)

    assert Store(settings.bundles_dir).names() == ()


async def test_a_changed_layer_is_refused(make: Make, mirror: Mirror) -> None:
    """Layers are held to the digests in the manifest, as any file."""
    for path in _paths(mirror, f"{ETCD}/blobs/"):
        mirror.faults[path] = ["other"] * 20

    with pytest.raises(BundleError, match="is not what its digest says"):
        await _make(make)


async def test_a_layer_is_gone_on_with_after_the_token_ran_out(
    make: Make, mirror: Mirror, settings: Settings
) -> None:
    """A token lives for minutes; the next one goes on with the rest of the layer."""
    for path in _paths(mirror, "ghcr.io/v2/flannel-io/flannel/blobs/"):
        mirror.faults[path] = ["cut", "expired"]

    bundle = await _make(make)

    assert Store(settings.bundles_dir).faults(bundle) == ()


async def test_an_image_for_other_machines_only_is_refused(make: Make, mirror: Mirror) -> None:
    """The image and the architecture are named."""
    publish_image(mirror, "registry.k8s.io", "etcd:3.6.9-0", {"amd64": b"layer"})

    with pytest.raises(BundleError, match=r"etcd:3\.6\.9-0 is not made for arm64"):
        await _make(make)


@pytest.mark.parametrize(
    "challenge", ["Basic realm=x", 'Bearer realm="http://192.0.2.1/token"', "Bearer", ""]
)
async def test_a_login_that_is_none_for_everybody_is_refused(
    make: Make, mirror: Mirror, challenge: str
) -> None:
    """Nothing is sent anywhere in the clear, and nobody is asked for a password."""
    mirror.challenges["ghcr.io"] = challenge

    with pytest.raises(BundleError, match=r"ghcr\.io wants a login"):
        await _make(make)


@pytest.mark.parametrize(
    "name", ["../../x:1", "ghcr.io/x", "ghcr.io/../../y:1", "GHCR.io/x:1", "x:1"]
)
async def test_hostile_names_of_images_are_refused(make: Make, mirror: Mirror, name: str) -> None:
    """A manifest cannot make us ask for what is no image."""
    path = next(one for one in mirror.files if one.endswith("kube-flannel.yml"))
    text = mirror.files[path].decode().replace("ghcr.io/flannel-io/flannel:v0.28.9", name)
    mirror.files[path] = text.encode()

    with pytest.raises(BundleError, match="no full name of an image"):
        await _make(make)


async def test_an_image_without_a_list_is_looked_into(make: Make, mirror: Mirror) -> None:
    """An old registry gives one manifest for all; its configuration tells what it runs on."""
    of_amd64 = _paths(mirror, "registry.k8s.io/v2/pause/manifests/sha256:")[0]
    mirror.files["registry.k8s.io/v2/pause/manifests/3.10.2"] = mirror.files[of_amd64]

    with pytest.raises(BundleError, match=r"pause.* is for amd64, not for arm64"):
        await _make(make)
