"""From what the user says of registries to the wish; they count for k3s alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from kuberry.errors import UsageError
from kuberry.model.cluster import Cluster

# The embedded registry is older; that it serves every registry ("*") came with these
# (k3s-io/docs@116507c, docs/installation/registry-mirror.md, Enabling Registry Mirroring).
_EMBEDDED_SINCE = {26: 15, 27: 12, 28: 8, 29: 3}


def ask_registries(
    cluster: Cluster, mirrors: Mapping[str, tuple[str, ...]] | None, *, embedded: bool | None
) -> Cluster:
    """Return *cluster* with other places to ask for images.

    Args:
        mirrors: Addresses to ask first, by registry; ``*`` is all registries, ``{}`` is none.
            ``None`` leaves them as they were wished for before.
        embedded: Whether hosts hand each other the images they have; ``None`` likewise.

    Raises:
        UsageError: The cluster is of another distribution, or of a k3s that is too old, or an
            address is none, or has a password in it.
    """
    changes: dict[str, object] = {}
    if mirrors is not None:
        for registry, addresses in mirrors.items():
            _check(registry, addresses)
        changes["mirrors"] = {name: tuple(addresses) for name, addresses in mirrors.items()}
    if embedded is not None:
        changes["embedded_registry"] = embedded
    wishes = bool(mirrors) or bool(embedded)
    if wishes and cluster.distribution != "k3s":
        message = f"{cluster.distribution} has no registries of ours"
        raise UsageError(message, remedy="leave --mirror and --embedded-registry out")
    if embedded and not _has_embedded(cluster.version):
        raise UsageError(
            f"k3s {cluster.version} has no embedded registry for all registries",
            remedy="take 1.29.3 or newer, or leave --embedded-registry out",
        )
    return cluster.model_copy(update={"k3s": cluster.k3s.model_copy(update=changes)})


def _check(registry: str, addresses: tuple[str, ...]) -> None:
    """Refuse what containerd would not understand, and what must not be remembered."""
    if not re.fullmatch(r"\*|[A-Za-z0-9.-]+(:\d+)?", registry):
        message = f"{registry!r} is the name of no registry"
        raise UsageError(message, remedy="for example --mirror docker.io=http://10.0.0.9:5000")
    for address in addresses:
        found = _split(address)
        if found is None or found.scheme not in {"http", "https"} or not found.hostname:
            raise UsageError(
                f"the mirror of {registry} has no address with http:// or https://",
                remedy="for example --mirror docker.io=http://10.0.0.9:5000",
            )
        if found.username is not None or found.password is not None:
            raise UsageError(
                f"the address of the mirror of {registry} has a login in it",
                remedy="kuberry remembers what is wished for, and never a secret: let the mirror "
                "serve without a password, in its own network",
            )


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _has_embedded(version: str) -> bool:
    found = re.match(r"v?1\.(\d+)\.(\d+)", version)
    if found is None:
        return False
    minor, patch = int(found[1]), int(found[2])
    newest = max(_EMBEDDED_SINCE)
    return minor > newest or patch >= _EMBEDDED_SINCE.get(minor, patch + 1)
