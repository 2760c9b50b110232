"""What a plan brings, laid out for a script: the same bytes, nothing more and nothing less."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from kuberry.bench.payload import write_site
from kuberry.model.bundle import Artifact, Binary, Deb, ImageArchive
from kuberry.model.cluster import Cluster
from kuberry.model.plan import (
    Captured,
    File,
    HostPlan,
    InstallPackages,
    LoadImages,
    Plan,
    PutArtifact,
    WriteFiles,
)

CLUSTER = Cluster(
    name="c",
    hosts=("red01", "red"),
    control_plane="red",
    control_plane_rule="named",
    version="v1.20.2",
    bundle="lab",
)


def sha256(text: str) -> str:
    """Return the digest of *text*."""
    return hashlib.sha256(text.encode()).hexdigest()


BINARY = Binary(
    name="kubelet", version="1", architecture="any", size_bytes=7, sha256=sha256("kubelet")
)
DEB = Deb(name="runc", version="1", architecture="amd64", size_bytes=4, sha256=sha256("runc"))
IMAGES = ImageArchive(
    name="pause",
    version="1",
    architecture="any",
    size_bytes=5,
    sha256=sha256("pause"),
    images=("p:1",),
)
JOIN = ("token: ", Captured(captured="token:red01"), " hash: ", Captured(captured="ca-hash"), "\n")
WORKER = HostPlan(
    host="red01",
    steps=(
        WriteFiles(
            id="files",
            title="files",
            files=(File(path="/usr/local/lib/x/routes", content=("up\n",), mode=0o755),),
        ),
        InstallPackages(id="packages", title="packages", packages=(DEB,)),
        PutArtifact(id="put", title="put", artifact=BINARY, path="/usr/local/bin/kubelet"),
        LoadImages(id="images", title="images", archive=IMAGES),
        WriteFiles(
            id="join-file",
            title="join",
            files=(File(path="/run/kuberry/join.yaml", content=JOIN, volatile=True),),
        ),
    ),
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give the site of a plan with one worker; its directory had something else before."""

    def fetch(artifact: Artifact) -> Path:
        path = tmp_path / artifact.sha256
        path.write_text(artifact.name, "utf-8")
        return path

    directory = tmp_path / "site"
    (directory / "blue").mkdir(parents=True)
    write_site(directory, CLUSTER, Plan(title="install", hosts=(WORKER,)), fetch)
    return directory


def test_the_control_plane_stands_first(site: Path) -> None:
    """Whatever the order of the hosts; and of an earlier site nothing is left."""
    assert (site / "hosts").read_text("utf-8") == "red\nred01\n"
    assert sorted(path.name for path in site.iterdir()) == ["hosts", "red01"]


def test_every_piece_is_there_with_its_digest(site: Path) -> None:
    """Each directory says what its files have to be, by names relative to it."""
    sums = {
        name: (site / "red01" / name / "SHA256SUMS").read_text("utf-8")
        for name in ("packages", "programs", "images")
    }

    assert sums["programs"] == f"{BINARY.sha256}  bin/kubelet\n"
    assert sums["images"] == f"{IMAGES.sha256}  pause.tar\n"
    assert f"{DEB.sha256}  debs/runc.deb\n" in sums["packages"]
    tar = (site / "red01/packages/files.tar").read_bytes()
    assert f"{hashlib.sha256(tar).hexdigest()}  files.tar\n" in sums["packages"]


def test_files_keep_their_modes_and_bring_no_directories(site: Path) -> None:
    """A directory in the archive would change the mode of the host's own."""
    with tarfile.open(site / "red01/packages/files.tar") as archive:
        members = [(one.name, one.mode, one.isfile()) for one in archive]

    assert members == [("usr/local/lib/x/routes", 0o755, True)]
    assert (site / "red01/files/usr/local/lib/x/routes").read_text("utf-8") == "up\n"


def test_values_that_are_not_known_yet_are_left_as_holes(site: Path) -> None:
    """The script fills them in."""
    text = (site / "red01/kubeadm.yaml").read_text("utf-8")

    assert text == "token: @TOKEN@ hash: @CA_HASH@\n"
