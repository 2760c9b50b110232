"""Where the busybox of our probe image comes from, on controllers of any kind."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.bundles.upstream.registry import PulledImage, Registries

# Of the official images of that name the one whose busybox is static, for all our architectures:
# docker-library/official-images, library/busybox.
BUSYBOX = "docker.io/library/busybox:1.37.0-musl"


async def probe_images(
    architectures: Sequence[str], registries: Registries
) -> tuple[PulledImage, ...]:
    """Return the image that holds busybox, for each of *architectures*.

    Raises:
        BundleError: The registry has none for one of them.
        UpstreamUnreachable: It does not answer.
    """
    return tuple([await registries.resolve(BUSYBOX, word) for word in architectures])
