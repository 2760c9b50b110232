"""Which distributions upstream publishes, by name. One line and one file for another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from kuberry.bundles.upstream import k3s, kubeadm
from kuberry.bundles.upstream.registry import Registries
from kuberry.bundles.upstream.release import Release
from kuberry.bundles.upstream.web import Web
from kuberry.errors import UsageError

Resolve = Callable[[str, Web], Awaitable[str]]
Describe = Callable[[str, Sequence[str], Web, Registries], Awaitable[Release]]
_ALL: dict[str, tuple[Resolve, Describe]] = {
    "k3s": (k3s.resolve_version, k3s.release),
    "kubeadm": (kubeadm.resolve_version, kubeadm.release),
}
ORIGINS = (k3s.ORIGIN, kubeadm.ORIGIN)
"""What a bundle that came from here says of itself begins with one of them."""
_ARCHITECTURES = ("amd64", "arm64", "armhf")


def check(distribution: str, architectures: Sequence[str]) -> None:
    """Hold a request to what there is.

    Raises:
        UsageError: Nobody knows the distribution or an architecture.
    """
    if distribution not in _ALL:
        raise UsageError(
            f"no distribution is called {distribution!r}", remedy=f"known: {', '.join(_ALL)}"
        )
    unknown = [word for word in architectures if word not in _ARCHITECTURES]
    if unknown or not architectures:
        raise UsageError(
            f"{unknown[0]!r} is no architecture" if unknown else "no architecture was named",
            remedy=f"known: {', '.join(_ARCHITECTURES)}",
        )


async def resolve_version(distribution: str, wanted: str, web: Web) -> str:
    """Return the exact version that *wanted* stands for now; see the distribution's own file."""
    return await _ALL[distribution][0](wanted, web)


async def release(
    distribution: str,
    version: str,
    architectures: Sequence[str],
    *,
    web: Web,
    registries: Registries,
) -> Release:
    """Return what an exact version consists of; see the distribution's own file."""
    return await _ALL[distribution][1](version, architectures, web, registries)
