"""What one version of one distribution consists of: files and images, known before they come."""

from __future__ import annotations

import dataclasses

from kuberry.bundles.upstream.download import Item
from kuberry.bundles.upstream.registry import PulledImage


@dataclasses.dataclass(frozen=True, slots=True)
class Release:
    """One version of one distribution, for one or more architectures.

    Attributes:
        version: Exact, as upstream writes it.
        origin: Where its pieces come from, for people.
        items: Files that come as they are.
        texts: Small files that have come already, by their path.
        images: Images that become archives.
        probes: Images that hold the busybox of our probe image, by architecture.
    """

    distribution: str
    version: str
    origin: str
    items: tuple[Item, ...]
    texts: dict[str, bytes] = dataclasses.field(default_factory=dict)
    images: tuple[PulledImage, ...] = ()
    probes: tuple[PulledImage, ...] = ()

    @property
    def downloads(self) -> tuple[Item, ...]:
        """Return everything that is to come, each digest once."""
        pulled = (item for image in (*self.images, *self.probes) for item in image.blobs)
        return tuple({one.sha256: one for one in (*self.items, *pulled)}.values())
