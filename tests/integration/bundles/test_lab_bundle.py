"""The lab bundle is a real Kubernetes, whole, and built once."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from kuberry.api import bundle as api
from kuberry.bundles.complete import repository_word
from kuberry.bundles.store import Store
from kuberry.lab import locks
from kuberry.lab.kubernetes import inputs
from kuberry.model.bundle import Bundle, Deb, image_names
from kuberry.model.event import Event, Notice
from kuberry.settings import Settings

# The first run of a machine builds it.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(5000)]


@pytest.fixture(scope="session")
def store(lab_settings: Settings) -> Store:
    """Give the store with the lab bundle."""
    return Store(lab_settings.bundles_dir)


def unpack(store: Store, bundle: Bundle, name: str, directory: Path) -> Path:
    """Unpack the layers of the image *name* into *directory*."""
    archive = next(one for one in bundle.artifacts if one.name == name)
    with tarfile.open(store.blob(archive)) as image:
        for member in image:
            if member.name.endswith("/layer.tar"):
                content = image.extractfile(member)
                assert content is not None
                with tarfile.open(fileobj=io.BytesIO(content.read())) as layer:
                    layer.extractall(directory, filter="tar")
    return directory


def output(*words: str) -> str:
    """Return what a program prints; it must end well."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_byte_is_there(lab_bundle: Bundle, store: Store) -> None:
    """The bundle in the cache is as its manifest says."""
    assert store.faults(lab_bundle) == ()
    assert (lab_bundle.name, lab_bundle.version) == ("lab", inputs.VERSION)


def test_its_images_are_those_that_kubeadm_asks_for(
    lab_bundle: Bundle, store: Store, tmp_path: Path
) -> None:
    """All but CoreDNS, which Debian does not have: that is said by the maker, not hidden."""
    piece = next(one for one in lab_bundle.artifacts if one.name == "kubeadm")
    kubeadm = tmp_path / "kubeadm"
    shutil.copyfile(store.blob(piece), kubeadm)
    kubeadm.chmod(0o755)
    assert output(str(kubeadm), "version", "-o", "short").strip() == inputs.VERSION
    listing = output(
        str(kubeadm), "config", "images", "list", "--kubernetes-version", inputs.VERSION
    )
    asked = {name for name in listing.split() if repository_word(name) != "coredns"}

    assert image_names(lab_bundle.artifacts) - asked == {"localhost/kuberry/probe:1"}
    assert asked <= image_names(lab_bundle.artifacts)


@pytest.mark.parametrize(
    ("image", "words", "said"),
    [
        ("kube-apiserver", ("/usr/local/bin/kube-apiserver", "--version"), "v1.20.2"),
        ("kube-proxy", ("/usr/local/bin/kube-proxy", "--version"), "v1.20.2"),
        ("kube-proxy", ("/usr/sbin/iptables", "--version"), "nf_tables"),
        ("kube-proxy", ("/usr/sbin/ip6tables-restore", "--version"), "nf_tables"),
        ("kube-proxy", ("/usr/sbin/conntrack", "--version"), "conntrack"),
        ("kube-proxy", ("/usr/sbin/ipset", "--version"), "ipset"),
        ("kube-proxy", ("/sbin/modprobe", "--version"), "kmod"),
        ("etcd", ("/usr/bin/etcd", "--version"), "3.4"),
        ("pause", ("/usr/bin/catatonit", "--version"), "catatonit"),
        ("probe", ("/bin/sh", "-c", "echo x | sha256sum && id -u && seq 2"), "0"),
    ],
)
def test_what_an_image_needs_is_in_it(
    lab_bundle: Bundle, store: Store, tmp_path: Path, image: str, words: tuple[str, ...], said: str
) -> None:
    """Its programs run with nothing but the image around them: loader, libraries and links."""
    root = unpack(store, lab_bundle, image, tmp_path / image)

    assert said in output("chroot", str(root), *words)


def test_its_packages_are_closed(lab_bundle: Bundle) -> None:
    """Whatever a package needs beyond Debian's essential ones is in the bundle too."""
    debs = {one.name: one for one in lab_bundle.artifacts if isinstance(one, Deb)}
    assert {"containerd", "runc", "containernetworking-plugins", "conntrack"} <= set(debs)
    essential = {"libc6", "libgcc-s1", "init-system-helpers", "libcap2", "libselinux1", "debconf"}
    essential |= {
        "libdb5.3",
        "liblzma5",
        "libzstd1",
        "libcrypt1",
        "libmd0",
        "zlib1g",
        "libgmp10",
        "libtinfo6",
    }
    needed = {
        group.split("|")[0].split(" ")[0].split(":")[0]
        for one in debs.values()
        for group in one.depends
    }

    assert needed - set(debs) <= essential


def test_a_second_call_builds_nothing(lab_bundle: Bundle, lab_settings: Settings) -> None:
    """What is there is taken, without a word."""
    events: list[Event] = []
    again = asyncio.run(api.lab_bundle(settings=lab_settings, emit=events.append))

    assert again == lab_bundle
    assert events == []


async def test_a_second_builder_waits_and_says_so(lab_machine: None, tmp_path: Path) -> None:
    """Two builds at once would take twice as long and one would be for nothing."""
    settings = Settings(cache_dir=tmp_path)
    told = asyncio.Event()
    messages: list[str] = []

    def take(event: Event) -> None:
        if isinstance(event, Notice):
            messages.append(event.message)
        told.set()

    async with locks.hold(tmp_path / "lab" / "kubernetes"):
        building = asyncio.create_task(api.lab_bundle(settings=settings, emit=take))
        async with asyncio.timeout(30):
            await told.wait()
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building

    assert messages == ["another kuberry is building the lab bundle: waiting for it"]
