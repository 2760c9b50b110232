"""What a release of k3s consists of, and which version a channel stands for.

Sources: k3s-io/k3s, install.sh (``get_release_version``, ``download_hash``, ``setup_verify_arch``)
and channel.yaml; k3s-io/docs, docs/installation/airgap.md. The list ``sha256sum-ARCH.txt`` names
the program and the image archives of one architecture, so nothing else needs to be asked what
there is, and no limited API of GitHub either.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from kuberry.bundles.upstream.digests import read_digests
from kuberry.bundles.upstream.download import Item
from kuberry.bundles.upstream.probe import probe_images
from kuberry.bundles.upstream.registry import Registries
from kuberry.bundles.upstream.release import Release
from kuberry.bundles.upstream.web import NotThere, Web
from kuberry.errors import BundleError, UsageError

ORIGIN = "github.com/k3s-io/k3s"
CHANNELS = "https://update.k3s.io/v1-release/channels"
_RELEASES = "https://github.com/k3s-io/k3s/releases/download"
EXACT = re.compile(r"v1\.[0-9]{1,3}\.[0-9]{1,3}(-[a-z0-9.]+)?\+k3s[0-9]{1,3}")
_CHANNEL = re.compile(r"stable|latest|testing|v1\.[0-9]{1,3}")
# By Debian's word: the program's suffix, and the word in the names of lists and archives.
_NAMES = {"amd64": ("", "amd64"), "arm64": ("-arm64", "arm64"), "armhf": ("-armhf", "arm")}
_ARCHIVES = (".tar.zst", ".tar.gz", ".tar")
"""In order of size; older releases have only the last."""
_NEAREST = 4


async def resolve_version(wanted: str, web: Web) -> str:
    """Return the exact version that *wanted* stands for now.

    Args:
        wanted: ``stable``, ``latest``, ``v1.36`` or an exact version.

    Raises:
        UsageError: It is no version, or there is no such channel.
        UpstreamUnreachable: The server of the channels does not answer.
        BundleError: What it says cannot be used.
    """
    if EXACT.fullmatch(wanted):
        return wanted
    if not _CHANNEL.fullmatch(wanted):
        raise UsageError(
            f"{wanted!r} is no version of k3s",
            remedy="say stable, latest, v1.36, or an exact one such as v1.36.3+k3s1",
        )
    channels = await _channels(web)
    if wanted not in channels:
        raise UsageError(
            f"k3s has no channel {wanted}", remedy=f"there are: {_nearest(wanted, channels)}"
        )
    return channels[wanted]


async def release(
    version: str, architectures: Sequence[str], web: Web, registries: Registries
) -> Release:
    """Return what *version* consists of for *architectures*.

    Raises:
        UsageError: There is no such version.
        BundleError: Upstream lacks something for one of them.
        UpstreamUnreachable: A server does not answer.
    """
    items = [one for word in architectures for one in await _items(version, word, web)]
    return Release(
        distribution="k3s",
        version=version,
        origin=f"{ORIGIN} {version}",
        items=tuple(items),
        probes=await probe_images(architectures, registries),
    )


async def _items(version: str, architecture: str, web: Web) -> list[Item]:
    suffix, word = _NAMES[architecture]
    base = f"{_RELEASES}/{quote(version, safe='')}"
    try:
        digests = read_digests(await web.read(f"{base}/sha256sum-{word}.txt"))
    except NotThere:
        raise await _no_such(version, architecture, web) from None
    program = f"k3s{suffix}"
    names = (f"k3s-airgap-images-{word}{ending}" for ending in _ARCHIVES)
    archive = next((name for name in names if name in digests), None)
    if program not in digests or archive is None:
        raise BundleError(
            f"k3s {version} has no program or no image archive for {architecture}",
            remedy="leave this architecture out, or take another version",
        )
    sizes = await asyncio.gather(*(web.size(f"{base}/{name}") for name in (program, archive)))
    paths = (f"{architecture}/k3s", f"{architecture}/{archive}")
    return [
        Item(url=f"{base}/{name}", path=path, sha256=digests[name], size_bytes=size)
        for name, path, size in zip((program, archive), paths, sizes, strict=True)
    ]


async def _channels(web: Web) -> dict[str, str]:
    """Return version by channel; of the answer nothing else is relied on, for the rest changes."""
    text = await web.read(CHANNELS, headers={"accept": "application/json"})
    try:
        entries = json.loads(text)["data"]
        said = {str(one.get("name") or one.get("id")): str(one.get("latest")) for one in entries}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BundleError(f"{CHANNELS} says nothing that can be read") from None
    return {name: version for name, version in said.items() if EXACT.fullmatch(version)}


async def _no_such(version: str, architecture: str, web: Web) -> UsageError:
    nearest = _nearest(version, await _channels(web))
    return UsageError(
        f"there is no k3s {version} for {architecture}", remedy=f"there are: {nearest}"
    )


def _nearest(wanted: str, channels: Mapping[str, str]) -> str:
    """Return the channels whose minor version is nearest, and the stable one, for people."""
    number = re.match(r"v1\.([0-9]+)", wanted)
    minors = {int(name[3:]): name for name in channels if re.fullmatch(r"v1\.[0-9]+", name)}
    target = int(number[1]) if number else max(minors, default=0)
    near = sorted(minors, key=lambda one: (abs(one - target), one))[:_NEAREST]
    names = ["stable"] * ("stable" in channels) + [minors[one] for one in sorted(near)]
    return ", ".join(f"{name} ({channels[name]})" for name in names) or "none"
