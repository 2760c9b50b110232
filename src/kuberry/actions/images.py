"""Images for jobs that a cluster is to have beside those of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import IMAGES_ALONE, Bundle
from kuberry.model.cluster import Cluster

NONE = "none"


def ask_images(cluster: Cluster, names: Sequence[str] | None, known: Cluster | None) -> Cluster:
    """Return *cluster* with the bundles of images that it is to have.

    Args:
        names: ``None`` leaves them as they were wished for before; ``()`` is none again, and so
            is the word ``none``.
        known: The cluster as it was wished for before, if it was.
    """
    if names is None:
        names = known.images if known else ()
    return cluster.model_copy(
        update={"images": tuple(one for one in dict.fromkeys(names) if one != NONE)}
    )


def with_images(bundle: Bundle, names: Iterable[str], store: Store) -> Bundle:
    """Return *bundle* with what the bundles of images *names* hold.

    Raises:
        UsageError: One of them is no bundle of images.
        BundleError: One is missing or damaged.
    """
    artifacts = list(bundle.artifacts)
    for name in names:
        if name not in store.names():
            raise BundleError(
                f"no bundle of images is called {name!r} on this machine",
                remedy=f"kuberry image build {name}, or kuberry bundle import FILE; --images none "
                "goes on without",
            )
        more = store.load(name)
        if more.distribution != IMAGES_ALONE:
            message = f"the bundle {name} is of {more.distribution}, and no bundle of images"
            raise UsageError(message, remedy="kuberry image build, or kuberry image add")
        artifacts.extend(more.artifacts)
    return bundle.model_copy(update={"artifacts": tuple(artifacts)})
