"""Files are what their bytes say, wherever they lie and whatever they are called."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from tests.unit.bundles.samples import deb, docker_archive, elf, tar_of

from kuberry.bundles.found import UNKNOWN, Found, plain_name, version_in
from kuberry.bundles.scan import scan
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import ImageArchive, TargetSystem

CONTROL = "Package: runc\nVersion: 1.1\nArchitecture: {}\n"


def look(tmp_path: Path, name: str, content: bytes) -> tuple[Found, ...]:
    """Scan a directory with one file."""
    directory, scratch = tmp_path / "from", tmp_path / "scratch"
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(exist_ok=True)
    path.write_bytes(content)
    return scan(directory, scratch)


@pytest.mark.parametrize("architecture", ["amd64", "arm64", "armhf"])
def test_a_program_tells_its_architecture(tmp_path: Path, architecture: str) -> None:
    """The ELF header decides, no directory has to."""
    (one,) = look(tmp_path, f"kubelet-v1.31.4-linux-{architecture}", elf(architecture))

    assert (one.kind, one.name, one.version) == ("binary", "kubelet", "v1.31.4")
    assert (one.architecture, one.place) == (architecture, "bin")


def test_a_program_for_an_unknown_machine_is_refused(tmp_path: Path) -> None:
    """None of our hosts could run it."""
    with pytest.raises(BundleError, match="another architecture than amd64, arm64, armhf"):
        look(tmp_path, "kubelet", elf("riscv64"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("arm64/kubelet", elf("amd64")),
        ("arm64/runc.deb", deb(CONTROL.format("amd64"), {})),
        ("arm64/pause.tar", docker_archive(["r.io/pause:3"], "amd64")),
    ],
)
def test_a_file_in_the_wrong_directory_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """A bundle that would fail on the host is not made."""
    with pytest.raises(BundleError, match="is for amd64, not for arm64") as caught:
        look(tmp_path, name, content)

    assert "directory called amd64" in caught.value.remedy


def test_directories_tell_what_a_file_does_not(tmp_path: Path) -> None:
    """Scripts and manifests are for any host, unless they lie below a name of one."""
    (anywhere,) = look(tmp_path, "crictl", b"#!/bin/sh\n")
    assert (anywhere.kind, anywhere.architecture, anywhere.system) == ("binary", "any", None)

    found = look(tmp_path, "arm64/ubuntu-24.04/flannel.yml", b"kind: DaemonSet\n")

    assert [(one.kind, one.architecture, one.system) for one in found] == [
        ("file", "arm64", TargetSystem(id="ubuntu", version_id="24.04")),
        ("binary", "any", None),
    ]


def test_a_package_for_all_is_for_any(tmp_path: Path) -> None:
    """Debian's `all` below a directory of an architecture is taken as meant for that one."""
    (one,) = look(tmp_path, "debian-12/netbase_6.4_all.deb", deb(CONTROL.format("all"), {}))

    assert (one.kind, one.name, one.architecture) == ("deb", "runc", "any")
    assert one.system == TargetSystem(id="debian", version_id="12")


def test_archives_of_programs_are_taken_apart(tmp_path: Path) -> None:
    """CNI plugins and crictl come as archives; papers in them are left there."""
    plugins = gzip.compress(
        tar_of({"./bridge": elf("arm64"), "./LICENSE": b"free", "./host-local": elf("arm64")})
    )
    found = look(tmp_path, "cni-plugins-linux-arm64-v1.6.2.tgz", plugins)

    assert [(one.name, one.version, one.architecture, one.place) for one in found] == [
        ("bridge", "v1.6.2", "arm64", "cni"),
        ("host-local", "v1.6.2", "arm64", "cni"),
    ]
    assert found[0].source.read_bytes() == elf("arm64")


def test_a_program_from_an_archive_cannot_climb_out(tmp_path: Path) -> None:
    """Only the last part of a member's name is used."""
    look(tmp_path, "x-v1.0.0.tar.gz", gzip.compress(tar_of({"../../evil": elf("amd64")})))

    evil = [path for path in tmp_path.rglob("evil") if path.is_file()]
    assert [path.is_relative_to(tmp_path / "scratch") for path in evil] == [True]


def test_images_are_told_from_other_archives(tmp_path: Path) -> None:
    """Name and version of an archive with one image are the image's."""
    archive = gzip.compress(docker_archive(["registry.k8s.io/etcd:3.5.16-0"], "arm64"))
    (one,) = look(tmp_path, "whatever.tar.gz", archive)

    assert (one.kind, one.name, one.version) == ("image-archive", "etcd", "3.5.16-0")
    assert (one.architecture, one.images) == ("arm64", ("registry.k8s.io/etcd:3.5.16-0",))


@pytest.mark.parametrize(
    ("pack", "packing"),
    [
        (bytes, "tar"),
        (gzip.compress, "tar.gz"),
        (lzma.compress, "tar.xz"),
        (zstd.compress, "tar.zst"),
    ],
)
def test_the_bytes_tell_how_images_are_packed(
    tmp_path: Path, pack: Callable[[bytes], bytes], packing: str
) -> None:
    """k3s goes by the end of a name, so the name on the host must be true, whatever it was here."""
    archive = pack(docker_archive(["registry.k8s.io/etcd:3.5.16-0"], "arm64"))
    (one,) = look(tmp_path, "images.bin", archive)
    artifact = one.artifact("0" * 64, len(archive))
    assert isinstance(artifact, ImageArchive)
    assert artifact.packing == packing


def test_several_images_take_the_name_of_their_file(tmp_path: Path) -> None:
    """k3s ships all its images in one archive."""
    names = ["rancher/klipper-lb:v0.4.9", "rancher/mirrored-pause:3.6"]
    (one,) = look(tmp_path, "k3s-airgap-images-arm64.tar", docker_archive(names, "arm64"))

    assert (one.name, one.version, len(one.images)) == ("k3s-airgap-images", UNKNOWN, 2)


def test_images_without_a_name_are_refused(tmp_path: Path) -> None:
    """No pod could ask for them."""
    with pytest.raises(BundleError, match="no image in it has a name"):
        look(tmp_path, "i.tar", docker_archive([], "amd64"))


def test_a_checksum_beside_a_file_is_held_against_it(tmp_path: Path) -> None:
    """A download that was cut off is found when the release's checksum was fetched too."""
    right = hashlib.sha256(elf("amd64")).hexdigest()
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "kubeadm.sha256").write_text(f"{right}  kubeadm\n")
    (one,) = look(tmp_path, "kubeadm", elf("amd64"))
    assert one.name == "kubeadm"

    with pytest.raises(BundleError, match=r"kubeadm is not what kubeadm\.sha256 says"):
        look(tmp_path, "kubeadm", elf("amd64", b"more"))


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    """So is a name that is none."""
    with pytest.raises(UsageError, match="holds no file"):
        scan(tmp_path, tmp_path)
    with pytest.raises(UsageError, match="no directory"):
        scan(tmp_path / "missing", tmp_path)


@pytest.mark.parametrize(
    ("file_name", "name", "version"),
    [
        ("kubeadm", "kubeadm", UNKNOWN),
        ("k3s-arm64", "k3s", UNKNOWN),
        ("crictl-v1.31.1-linux-amd64.tar.gz", "crictl", "v1.31.1"),
        ("runc.amd64", "runc", UNKNOWN),  # as opencontainers/runc publishes it
        ("runc.arm64", "runc", UNKNOWN),
        ("cni-plugins-linux-arm-v1.6.2.tgz", "cni-plugins", "v1.6.2"),
        ("containerd-2.0.1-linux-arm64.tar.gz", "containerd", "2.0.1"),
        ("host-local", "host-local", UNKNOWN),
        ("kube-apiserver_v1.31.4.tar", "kube-apiserver", "v1.31.4"),
    ],
)
def test_names_of_releases_are_understood(file_name: str, name: str, version: str) -> None:
    """Name and version are found in what projects call their files."""
    assert (plain_name(file_name), version_in(file_name)) == (name, version)
