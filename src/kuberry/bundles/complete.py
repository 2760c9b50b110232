"""What a distribution cannot do without, and the version that all its pieces must share."""

from __future__ import annotations

import dataclasses
import mmap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from kuberry.bundles.found import UNKNOWN, Found
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import PROBE_IMAGE, Artifact, ImageArchive

_KUBE_PROGRAMS = ("kubeadm", "kubelet", "kubectl")
_KUBE_IMAGES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
_OTHER_IMAGES = ("etcd", "pause")
# Before 1.31 kubeadm refuses to run without it: https://github.com/kubernetes/kubeadm/issues/3064.
_CRICTL = ("crictl", "cri-tools")
_CRICTL_UNTIL = (1, 31)


def kubernetes_version(found: Iterable[Found]) -> str:
    """Return the version of Kubernetes by the tags of its images.

    Programs for another machine cannot be asked, and tags are what kubeadm will look for.

    Raises:
        BundleError: There is no such image, or there are several versions.
    """
    names = {name for one in found for name in one.images}
    tags = {name.rsplit(":", 1)[1] for name in names if repository_word(name) in _KUBE_IMAGES}
    if len(tags) == 1:
        return tags.pop()
    if tags:
        raise BundleError(
            f"the images are of different versions: {', '.join(sorted(tags))}",
            remedy="keep those of one version",
        )
    raise BundleError(
        "no image archive holds kube-apiserver, so the version is unknown",
        remedy="put the image archives into the directory (see docs/bundles.md), or say --version",
    )


def with_version(distribution: str, found: Sequence[Found], version: str) -> tuple[Found, ...]:
    """Give the programs of Kubernetes its version, once their bytes contain it.

    k3s has one program, and its images are released with it.

    Raises:
        BundleError: One of them is of another version.
    """
    if distribution == "k3s":
        return tuple(_of_k3s(one, version) for one in found)
    return tuple(_checked(one, version) for one in found)


def gaps(distribution: str, artifacts: Sequence[Artifact], version: str) -> tuple[str, ...]:
    """Return what is missing for each architecture, one sentence each; none when complete.

    Raises:
        UsageError: Nobody knows the distribution.
    """
    ask = _ASK.get(distribution)
    if ask is None:
        known = ", ".join(_ASK)
        raise UsageError(f"no distribution is called {distribution!r}", remedy=f"known: {known}")
    architectures = sorted({one.architecture for one in artifacts} - {"any"})
    if not architectures:
        return ("there is no program in it, for any architecture",)
    return tuple(
        f"for {architecture}: {missing}"
        for architecture in architectures
        for missing in ask(_for(artifacts, architecture), version)
    )


def repository_word(reference: str) -> str:
    """Return the last word of an image's repository: ``etcd`` of ``registry/a/etcd:3``."""
    return reference.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0]


def _for(artifacts: Iterable[Artifact], architecture: str) -> tuple[Artifact, ...]:
    return tuple(one for one in artifacts if one.architecture in (architecture, "any"))


def _kubeadm(artifacts: tuple[Artifact, ...], version: str) -> tuple[str, ...]:
    binaries = {one.name for one in artifacts if one.kind == "binary"}
    programs = binaries | {one.name for one in artifacts if one.kind == "deb"}
    needs_runc = "runc" not in programs and any(
        one.kind == "binary" and one.name == "containerd" for one in artifacts
    )
    images = [name for one in artifacts if isinstance(one, ImageArchive) for name in one.images]
    tagged = {repository_word(name) for name in images if name.endswith(f":{version}")}
    words = {repository_word(name) for name in images}
    needs_crictl = _minor(version) < _CRICTL_UNTIL and not programs.intersection(_CRICTL)
    return (
        *(("the program crictl",) if needs_crictl else ()),
        *(("the program runc (containerd brings none)",) if needs_runc else ()),
        # Upstream's packages of them bring a unit and paths of their own, which are not ours.
        *(f"the program {name}" for name in _KUBE_PROGRAMS if name not in binaries),
        *(f"the image {name}:{version}" for name in _KUBE_IMAGES if name not in tagged),
        *(f"the image {name}" for name in _OTHER_IMAGES if name not in words),
    )


def _k3s(artifacts: tuple[Artifact, ...], _version: str) -> tuple[str, ...]:
    programs = {one.name for one in artifacts if one.kind == "binary"}
    images = {name for one in artifacts if isinstance(one, ImageArchive) for name in one.images}
    return (
        *(("the program k3s",) if "k3s" not in programs else ()),
        *(("its image archive (k3s-airgap-images-…)",) if images <= {PROBE_IMAGE} else ()),
    )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split(".")[:2] if part.isdigit())


_ASK: dict[str, Callable[[tuple[Artifact, ...], str], tuple[str, ...]]] = {
    "kubeadm": _kubeadm,
    "k3s": _k3s,
}


def _checked(one: Found, version: str) -> Found:
    if one.kind != "binary" or one.name not in _KUBE_PROGRAMS:
        return one
    if not _contains(one.source, version.encode()):
        raise BundleError(
            f"{one.label} is not of version {version}",
            remedy=f"fetch {one.name} {version} for {one.architecture}",
        )
    return _replace_version(one, version)


def _of_k3s(one: Found, version: str) -> Found:
    is_its_own = one.name == "k3s" or one.name.startswith("k3s-airgap-images")
    return _replace_version(one, version) if is_its_own else one


def _replace_version(one: Found, version: str) -> Found:
    return dataclasses.replace(one, version=version) if one.version == UNKNOWN else one


def _contains(path: Path, text: bytes) -> bool:
    if path.stat().st_size == 0:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return content.find(text) >= 0
