"""What a plan brings to its hosts, laid out as the files that a hand-written script sends.

Both contenders thus install the same bytes: those of the plan, and those of the same cache.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kuberry.model.bundle import Artifact
from kuberry.model.cluster import Cluster
from kuberry.model.plan import (
    Captured,
    File,
    HostPlan,
    InstallPackages,
    LoadImages,
    Plan,
    PutArtifact,
    Text,
    WriteFiles,
)

Fetch = Callable[[Artifact], Path]
TOKEN, CA_HASH = "@TOKEN@", "@CA_HASH@"


def write_site(directory: Path, cluster: Cluster, plan: Plan, fetch: Fetch) -> None:
    """Write what *plan* brings to *directory*; its layout is that of bench/peers/deploy.sh.

    Args:
        fetch: Finds the verified file of an artifact.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    names = (*cluster.servers, *cluster.workers)
    (directory / "hosts").write_text("".join(f"{name}\n" for name in names), "utf-8")
    for host in plan.hosts:
        _write_host(directory / host.host, host, fetch)


def _write_host(directory: Path, plan: HostPlan, fetch: Fetch) -> None:
    files = [one for step in plan.steps if isinstance(step, WriteFiles) for one in step.files]
    lasting = [one for one in files if not one.volatile]
    for one in lasting:
        _write(directory / "files" / one.path.lstrip("/"), one)
    for one in files:
        if one.volatile:  # what kubeadm reads
            _write(directory / "kubeadm.yaml", one)
    for name, artifact in _pieces(plan):
        link = directory / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(fetch(artifact))
    (directory / "packages/files.tar").write_bytes(archive_of(lasting))
    for name in ("packages", "programs", "images"):
        _write_sums(directory / name)


def _pieces(plan: HostPlan) -> Iterator[tuple[str, Artifact]]:
    """Yield all artifacts of *plan*, each with its place in the directory of its host."""
    for step in plan.steps:
        match step:
            case InstallPackages():
                yield from ((f"packages/debs/{deb.name}.deb", deb) for deb in step.packages)
            case PutArtifact():
                yield f"programs/bin/{Path(step.path).name}", step.artifact
            case LoadImages():
                yield f"images/{step.archive.name}.tar", step.archive
            case _:
                pass


def _write(path: Path, file: File) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(filled(file.content), "utf-8")


def filled(content: Text) -> str:
    """Return *content* with the words that a script replaces in place of captured values."""
    return "".join(_word(part) if isinstance(part, Captured) else part for part in content)


def archive_of(files: Iterable[File]) -> bytes:
    """Return a tar of *files* alone: directories that are there already keep their modes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for one in files:
            data = filled(one.content).encode()
            info = tarfile.TarInfo(one.path.lstrip("/"))
            info.size, info.mode = len(data), one.mode
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _word(part: Captured) -> str:
    return TOKEN if part.captured.startswith("token:") else CA_HASH


def _write_sums(directory: Path) -> None:
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    lines = [f"{_digest(path)}  {path.relative_to(directory)}\n" for path in paths]
    (directory / "SHA256SUMS").write_text("".join(lines), "utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
