"""What Kubernetes as kubeadm sets it up consists of: programs, containerd, plugins, images.

Sources: programs of kubernetes.io/releases/download at dl.k8s.io, each with ``.sha256``, and its
``stable.txt`` and ``stable-1.NN.txt``; the assets of the GitHub releases of containerd, runc, CNI
plugins, cri-tools and flannel. See docs/adr for why programs and not packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kuberry.bundles.upstream.digests import digest_of
from kuberry.bundles.upstream.download import Item
from kuberry.bundles.upstream.images import flannel_images, kubeadm_images
from kuberry.bundles.upstream.probe import probe_images
from kuberry.bundles.upstream.registry import PulledImage, Registries
from kuberry.bundles.upstream.release import Release
from kuberry.bundles.upstream.web import NotThere, Web
from kuberry.errors import BundleError, UsageError

# What a kuberry of this version goes with; each was a release of its project in autumn 2026.
CONTAINERD, RUNC, CNI_PLUGINS, FLANNEL = "2.3.7", "v1.5.2", "v1.9.1", "v0.28.9"
ORIGIN = "dl.k8s.io"
RELEASES = "https://dl.k8s.io/release"
_GITHUB = "https://github.com"
_PROGRAMS = ("kubeadm", "kubelet", "kubectl")
EXACT = re.compile(r"v1\.[0-9]{1,3}\.[0-9]{1,3}")
_MINOR = re.compile(r"v1\.([0-9]{1,3})")
# Before 1.26 kubelets do not speak containerd 2's CRI with the settings we write, and images were
# in another registry (https://kubernetes.io/blog/2023/03/10/image-registry-redirect/). 32-bit ARM
# ended with 1.27: https://github.com/kubernetes/kubernetes/pull/115742.
_OLDEST = 27
_ARCHITECTURES = ("amd64", "arm64")
_CRICTL_UNTIL = 31
"""Before 1.31 kubeadm refuses to run without crictl: kubernetes/kubeadm issue 3064."""


async def resolve_version(wanted: str, web: Web) -> str:
    """Return the exact version that *wanted* stands for now.

    Args:
        wanted: ``stable`` or ``latest``, which are the same, ``v1.36`` or an exact version.

    Raises:
        UsageError: It is no version, or there is none.
        UpstreamUnreachable: The server of the releases does not answer.
        BundleError: What it says cannot be used.
    """
    if EXACT.fullmatch(wanted):
        return wanted
    if wanted in ("stable", "latest"):
        return await _said(f"{RELEASES}/stable.txt", web)
    if _MINOR.fullmatch(wanted):
        try:
            return await _said(f"{RELEASES}/stable-{wanted[1:]}.txt", web)
        except NotThere:
            raise await _no_such(wanted, web) from None
    raise UsageError(
        f"{wanted!r} is no version of Kubernetes",
        remedy="say stable, v1.36, or an exact one such as v1.36.3",
    )


async def release(
    version: str, architectures: Sequence[str], web: Web, registries: Registries
) -> Release:
    """Return what *version* consists of for *architectures*.

    Raises:
        UsageError: There is no such version, or not for one of them.
        BundleError: Upstream lacks something.
        UpstreamUnreachable: A server does not answer.
    """
    _refuse(version, architectures)
    items = [
        await _item(url, path, sums, web)
        for word in architectures
        for url, path, sums in _programs(version, word)
    ]
    for word in architectures:
        items += [await _item(*one, web) for one in _parts(version, word)]
    flannel = await web.read(f"{_GITHUB}/flannel-io/flannel/{_asset(FLANNEL, 'kube-flannel.yml')}")
    names = (*await kubeadm_images(version, web), *flannel_images(flannel))
    return Release(
        distribution="kubeadm",
        version=version,
        origin=f"{ORIGIN} {version}, containerd {CONTAINERD}, runc {RUNC}, flannel {FLANNEL}",
        items=tuple(items),
        texts={"kube-flannel.yml": flannel},
        images=await _images(names, architectures, registries),
        probes=await probe_images(architectures, registries),
    )


def _refuse(version: str, architectures: Sequence[str]) -> None:
    number = _MINOR.match(version)
    if number is None or int(number[1]) < _OLDEST:
        raise UsageError(
            f"Kubernetes {version} is older than what is downloaded here (v1.{_OLDEST})",
            remedy="make the bundle of a directory: --from DIR, see docs/bundles.md",
        )
    if unknown := [word for word in architectures if word not in _ARCHITECTURES]:
        raise UsageError(
            f"Kubernetes publishes no programs for {unknown[0]} since 1.27",
            remedy="take k3s there: --distribution k3s",
        )


def _programs(version: str, word: str) -> Iterator[tuple[str, str, str]]:
    """Yield address, place and list of digests of each of Kubernetes' own programs."""
    for name in _PROGRAMS:
        url = f"{RELEASES}/{version}/bin/linux/{word}/{name}"
        yield url, f"{word}/{name}", f"{url}.sha256"


def _parts(version: str, word: str) -> Iterator[tuple[str, str, str]]:
    """Yield the same of what Kubernetes needs beside itself."""
    archive = f"containerd-{CONTAINERD}-linux-{word}.tar.gz"
    url = f"{_GITHUB}/containerd/containerd/{_asset(f'v{CONTAINERD}', archive)}"
    yield url, f"{word}/{archive}", f"{url}.sha256sum"
    base = f"{_GITHUB}/opencontainers/runc"
    url = f"{base}/{_asset(RUNC, f'runc.{word}')}"
    yield url, f"{word}/runc-{RUNC}", f"{base}/{_asset(RUNC, 'runc.sha256sum')}"
    archive = f"cni-plugins-linux-{word}-{CNI_PLUGINS}.tgz"
    url = f"{_GITHUB}/containernetworking/plugins/{_asset(CNI_PLUGINS, archive)}"
    yield url, f"{word}/{archive}", f"{url}.sha256"
    minor = version.split(".")[1]
    if int(minor) < _CRICTL_UNTIL:
        archive = f"crictl-v1.{minor}.0-linux-{word}.tar.gz"
        url = f"{_GITHUB}/kubernetes-sigs/cri-tools/{_asset(f'v1.{minor}.0', archive)}"
        yield url, f"{word}/{archive}", f"{url}.sha256"


def _asset(tag: str, name: str) -> str:
    return f"releases/download/{tag}/{name}"


async def _item(url: str, path: str, sums: str, web: Web) -> Item:
    """Return one file with its digest and size.

    Raises:
        UsageError: There is no such version of Kubernetes.
        BundleError: Upstream has no such file, or no digest of it.
    """
    try:
        text = await web.read(sums)
    except NotThere:
        if url.startswith(RELEASES):
            raise await _no_such(url.removeprefix(f"{RELEASES}/").split("/")[0], web) from None
        raise
    digest = digest_of(text, url.rsplit("/", 1)[1], sums)
    return Item(url=url, path=path, sha256=digest, size_bytes=await web.size(url))


async def _images(
    names: Sequence[str], architectures: Sequence[str], registries: Registries
) -> tuple[PulledImage, ...]:
    return tuple([await registries.resolve(name, word) for word in architectures for name in names])


async def _said(url: str, web: Web) -> str:
    version = (await web.read(url)).decode("ascii", "replace").strip()
    if not EXACT.fullmatch(version):
        raise BundleError(f"{url} names no version")
    return version


async def _no_such(wanted: str, web: Web) -> UsageError:
    """Return what to say of a version that is not there: the newest beside it that is."""
    minor = _MINOR.match(wanted)
    names = [f"stable-{minor[0][1:]}.txt", "stable.txt"] if minor else ["stable.txt"]
    found = []
    for name in names:
        try:
            found.append(await _said(f"{RELEASES}/{name}", web))
        except NotThere:
            continue
    there = ", ".join(dict.fromkeys(found)) or "none that could be found"
    return UsageError(f"there is no Kubernetes {wanted}", remedy=f"there are: {there}")
