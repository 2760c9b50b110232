"""A bundle is made when nothing is missing, and only then."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from tests.unit.bundles.samples import (
    VERSION,
    busybox_deb,
    deb,
    docker_archive,
    elf,
    fill_release,
    tar_of,
)

from kuberry.actions.bundle_create import Wanted, create_bundle
from kuberry.bundles import debfile
from kuberry.bundles.imagefile import read_contents
from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import PROBE_IMAGE, ImageArchive, Target, image_names
from kuberry.model.event import Event, Notice


def test_a_release_becomes_a_bundle(store: Store, release: Path) -> None:
    """Name and version are found by looking, and every byte is in the store."""
    bundle = create_bundle(store, Wanted("kubeadm", release))

    assert (bundle.name, bundle.version) == (f"kubeadm-{VERSION}", VERSION)
    assert store.load(bundle.name) == bundle
    assert store.faults(bundle) == ()
    kubelet = next(one for one in bundle.artifacts if one.name == "kubelet")
    assert (kubelet.version, kubelet.architecture) == (VERSION, "amd64")


def test_the_probe_image_is_added(store: Store, release: Path) -> None:
    """It is made of the package, which itself is of no use on a host."""
    bundle = create_bundle(store, Wanted("kubeadm", release))

    probe = next(one for one in bundle.artifacts if one.name == "probe")
    assert isinstance(probe, ImageArchive)
    contents = read_contents(store.blob(probe))
    assert contents is not None
    assert (contents.images, contents.architectures) == ((PROBE_IMAGE,), ("amd64",))
    assert "busybox-static" not in {one.name for one in bundle.artifacts}


def test_every_architecture_has_its_own_pieces(store: Store, release: Path) -> None:
    """A host gets what is meant for it; the probe has one name everywhere."""
    fill_release(release, "arm64")
    bundle = create_bundle(store, Wanted("kubeadm", release))

    assert bundle.architectures == ("amd64", "arm64")
    for architecture in bundle.architectures:
        target = Target(architecture=architecture, id="debian", version_id="12")
        pieces = bundle.pieces_for(target)
        assert {one.architecture for one in pieces} == {architecture}
        assert PROBE_IMAGE in image_names(pieces)
        assert len(pieces) == 10


def test_two_makings_give_one_digest(store: Store, release: Path, tmp_path: Path) -> None:
    """A bundle depends on what is in it alone."""
    other = Store(tmp_path / "other")
    wanted = Wanted("kubeadm", release)

    assert create_bundle(store, wanted).digest == create_bundle(other, wanted).digest


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("kubelet", "for amd64: the program kubelet"),
        (f"kube-proxy_{VERSION}.tar", f"for amd64: the image kube-proxy:{VERSION}"),
        ("etcd_3.5.1-0.tar", "for amd64: the image etcd"),
    ],
)
def test_what_is_missing_is_named(store: Store, release: Path, lost: str, named: str) -> None:
    """Each gap is said, with its architecture, and nothing is kept."""
    (release / "amd64" / lost).unlink()

    with pytest.raises(BundleError) as caught:
        create_bundle(store, Wanted("kubeadm", release))

    assert named in caught.value.message
    assert store.names() == ()
    assert not [path for path in store.root.rglob("*") if path.is_file() and path.name != "lock"]


def test_an_architecture_that_is_half_there_is_refused(store: Store, release: Path) -> None:
    """One stray program for arm64 means that arm64 hosts are wanted."""
    (release / "kubelet-arm64").write_bytes(elf("arm64", VERSION.encode()))
    (release / "b.deb").write_bytes(busybox_deb("arm64"))

    with pytest.raises(BundleError, match="for arm64: the program kubeadm"):
        create_bundle(store, Wanted("kubeadm", release))


def test_programs_of_another_version_are_refused(store: Store, release: Path) -> None:
    """On the host kubeadm would refuse that kubelet on the host, after all else was done."""
    (release / "amd64" / "kubelet").write_bytes(elf("amd64", b"v1.30.9"))

    with pytest.raises(BundleError, match=rf"amd64/kubelet is not of version {VERSION}"):
        create_bundle(store, Wanted("kubeadm", release))


def test_images_of_two_versions_are_refused(store: Store, release: Path) -> None:
    """Which one is meant cannot be guessed."""
    archive = docker_archive(["registry.example/kube-proxy:v1.30.9"], "amd64")
    (release / "old.tar").write_bytes(archive)

    with pytest.raises(BundleError, match=rf"different versions: v1\.30\.9, {VERSION}"):
        create_bundle(store, Wanted("kubeadm", release))


def test_without_images_the_version_is_asked_for(store: Store, tmp_path: Path) -> None:
    """The way out is said."""
    (tmp_path / "kubelet").write_bytes(elf("amd64"))

    with pytest.raises(BundleError, match="the version is unknown") as caught:
        create_bundle(store, Wanted("kubeadm", tmp_path))

    assert "--version" in caught.value.remedy


def test_without_busybox_and_apt_the_probe_is_asked_for(
    store: Store, release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bundle that cannot be verified is not made; what to fetch is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (release / "amd64" / "busybox-static_1.36_amd64.deb").unlink()

    with pytest.raises(BundleError, match="this machine has no apt-get") as caught:
        create_bundle(store, Wanted("kubeadm", release))

    assert "busybox-static_…_amd64.deb" in caught.value.remedy


def test_a_failing_apt_is_quoted(
    store: Store, release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What apt-get said is what the user needs to know."""
    apt_get = tmp_path / "apt-get"
    apt_get.write_text("#!/bin/sh\necho 'E: nothing answered' >&2\nexit 100\n")
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (release / "amd64" / "busybox-static_1.36_amd64.deb").unlink()

    with pytest.raises(BundleError, match="E: nothing answered"):
        create_bundle(store, Wanted("kubeadm", release))


def test_apt_gets_a_directory_of_its_own_and_the_wanted_architecture(
    store: Store, release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The machine's own package lists stay as they are, whatever is fetched."""
    said = tmp_path / "said"
    sample = tmp_path / "busybox.deb"
    sample.write_bytes(busybox_deb("amd64"))
    apt_get = tmp_path / "apt-get"
    apt_get.write_text(
        f'#!/bin/sh\necho "$@" >>{said}\n'
        f'case "$*" in *" download "*) /bin/cp {sample} b.deb ;; esac\n'
    )
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (release / "amd64" / "busybox-static_1.36_amd64.deb").unlink()

    create_bundle(store, Wanted("kubeadm", release))

    update, download = said.read_text().splitlines()
    assert update.endswith(" update")
    assert download.endswith(" download busybox-static")
    assert "APT::Architecture=amd64 " in download
    assert "APT::Architectures=amd64 " in download
    assert f"Dir::State::Lists={store.root / 'tmp'}" in update


def test_a_busybox_of_the_users_makes_the_probe(store: Store, release: Path) -> None:
    """A static busybox is as good as the package."""
    (release / "amd64" / "busybox-static_1.36_amd64.deb").unlink()
    (release / "amd64" / "busybox").write_bytes(elf("amd64", b"mine"))

    bundle = create_bundle(store, Wanted("kubeadm", release))

    assert "busybox" not in {one.name for one in bundle.artifacts}
    assert PROBE_IMAGE in image_names(bundle.artifacts)


def test_missing_cluster_dns_is_said(store: Store, release: Path) -> None:
    """A bundle without CoreDNS is fine, but never silently so."""
    events: list[Event] = []
    create_bundle(store, Wanted("kubeadm", release), events.append)
    assert [one.message for one in events if isinstance(one, Notice)] == [
        "it holds no CoreDNS: clusters made of it have no cluster DNS"
    ]

    events.clear()
    image = docker_archive(["registry.example/coredns/coredns:v1.11.3"], "amd64")
    (release / "amd64" / "coredns.tar").write_bytes(image)
    create_bundle(store, Wanted("kubeadm", release), events.append)

    assert events == []


def test_an_unknown_distribution_is_refused(store: Store, release: Path) -> None:
    """The known ones are named."""
    with pytest.raises(UsageError, match="no distribution is called 'k9s'") as caught:
        create_bundle(store, Wanted("k9s", release))

    assert "kubeadm" in caught.value.remedy


def test_the_same_piece_twice_is_refused(store: Store, release: Path) -> None:
    """Two versions of one program leave the choice to chance."""
    (release / "kubectl-v1.31.4").write_bytes(elf("amd64", VERSION.encode()))

    with pytest.raises(BundleError, match="kubectl for amd64 is there twice"):
        create_bundle(store, Wanted("kubeadm", release))


def test_packages_of_kubernetes_are_not_taken_for_programs(store: Store, release: Path) -> None:
    """Upstream's own bring a unit and paths of their own: hosts would refuse the bundle."""
    for name in ("kubeadm", "kubelet", "kubectl"):
        (release / "amd64" / name).unlink()
        control = f"Package: {name}\nVersion: 1.31.4-1.1\nArchitecture: amd64\n"
        (release / "amd64" / f"{name}.deb").write_bytes(deb(control, {}))

    with pytest.raises(BundleError, match="the program kubeadm; for amd64: the program kubelet"):
        create_bundle(store, Wanted("kubeadm", release))


def test_a_package_without_busybox_is_refused(store: Store, release: Path) -> None:
    """What calls itself busybox-static must hold one."""
    control = "Package: busybox-static\nVersion: 1\nArchitecture: amd64\n"
    path = release / "amd64" / "busybox-static_1.36_amd64.deb"
    path.write_bytes(deb(control, {"./bin/other": b""}))
    assert debfile.read_control(path).package == "busybox-static"

    with pytest.raises(BundleError, match="has no /bin/busybox"):
        create_bundle(store, Wanted("kubeadm", release))


@pytest.mark.parametrize("name", ["crictl", "cri-tools"])
def test_an_older_kubeadm_needs_crictl(store: Store, tmp_path: Path, name: str) -> None:
    """Before 1.31 kubeadm does not run without it; a program or a package will do."""
    fill_release(tmp_path / "old", version="v1.30.9")
    with pytest.raises(BundleError, match="for amd64: the program crictl"):
        create_bundle(store, Wanted("kubeadm", tmp_path / "old"))

    control = "Package: cri-tools\nVersion: 1.30.1\nArchitecture: amd64\n"
    content = elf("amd64") if name == "crictl" else deb(control, {})
    (tmp_path / "old" / "amd64" / name).write_bytes(content)

    assert create_bundle(store, Wanted("kubeadm", tmp_path / "old")).version == "v1.30.9"


def test_a_containerd_without_a_package_needs_runc(store: Store, release: Path) -> None:
    """Its archive brings none, and no pod would start; runc has its architecture in its name."""
    archive = release / "amd64" / "containerd-2.3.7-linux-amd64.tar.gz"
    archive.write_bytes(gzip.compress(tar_of({"bin/containerd": elf("amd64")})))
    with pytest.raises(BundleError, match="for amd64: the program runc"):
        create_bundle(store, Wanted("kubeadm", release))

    (release / "amd64" / "runc.amd64").write_bytes(elf("amd64"))
    bundle = create_bundle(store, Wanted("kubeadm", release))
    assert {"containerd", "runc"} <= {one.name for one in bundle.artifacts}


def _fill_k3s(directory: Path, architecture: str) -> None:
    folder = directory / architecture
    folder.mkdir(parents=True)
    (folder / "k3s").write_bytes(elf(architecture, b"k3s"))
    names = ["rancher/mirrored-coredns-coredns:1.14.7", "rancher/klipper-lb:v0.4"]
    archive = docker_archive(names, architecture)
    (folder / f"k3s-airgap-images-{architecture}.tar").write_bytes(archive)
    deb_name = f"busybox-static_1.36_{architecture}.deb"
    (folder / deb_name).write_bytes(busybox_deb(architecture))


def test_a_directory_of_k3s_becomes_a_bundle(store: Store, tmp_path: Path) -> None:
    """One that was carried here by hand: program and archive get the version that was said."""
    _fill_k3s(tmp_path / "k3s", "arm64")
    bundle = create_bundle(store, Wanted("k3s", tmp_path / "k3s", version="v1.36.3+k3s1"))

    assert (bundle.name, bundle.distribution) == ("k3s-v1.36.3-k3s1", "k3s")
    assert {(one.name, one.version) for one in bundle.artifacts} == {
        ("k3s", "v1.36.3+k3s1"),
        ("k3s-airgap-images", "v1.36.3+k3s1"),
        ("probe", "1"),
    }


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("k3s", "for arm64: the program k3s"),
        ("k3s-airgap-images-arm64.tar", "for arm64: its image archive"),
    ],
)
def test_what_k3s_lacks_is_named(store: Store, tmp_path: Path, lost: str, named: str) -> None:
    """Without either nothing is made."""
    _fill_k3s(tmp_path / "k3s", "amd64")
    _fill_k3s(tmp_path / "k3s", "arm64")
    (tmp_path / "k3s/arm64" / lost).unlink()

    with pytest.raises(BundleError, match=re.escape(named)):
        create_bundle(store, Wanted("k3s", tmp_path / "k3s", version="v1.36.3+k3s1"))

    assert store.names() == ()
