"""Is everything fit for a deploy?"""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions import check as action
from kuberry.actions.images import ask_images, with_images
from kuberry.actions.wish import make_wish
from kuberry.api.bundle_choice import LAB_BUNDLE
from kuberry.api.deploy import Wanted
from kuberry.api.hosts import resolve
from kuberry.api.places import places
from kuberry.bundles.store import Store
from kuberry.clusters import Clusters, name_of
from kuberry.model.bundle import Bundle
from kuberry.model.check import CheckReport
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.host import Host
from kuberry.preflight import known_codes
from kuberry.settings import Settings


async def check(
    hosts: str | Sequence[str] | None = None,
    *,
    wanted: Wanted | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> CheckReport:
    """Check *hosts* and this machine as `deploy` would, and change nothing.

    Args:
        hosts: One host expression, or several; ``None`` means those of the last cluster.
        wanted: As for `deploy`. Without a bundle, what rests on one is not checked.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told of first contacts and of what the user should know.

    Raises:
        UsageError: The request itself is wrong, or a code cannot be ignored.
        BundleError: The bundle that was named is missing or damaged.
    """
    where, wish = settings or Settings(), wanted or Wanted()
    codes = known_codes(wish.ignore)
    clusters = Clusters(where.clusters_dir)
    found = resolve(clusters.load(wish.name).hosts if hosts is None else hosts, where, emit)
    known = clusters.find(wish.name or name_of([host.name for host in found]))
    store = Store(where.bundles_dir)
    bundle = _bundle(wish, known, found, store)
    cluster = ask_images(_wish(found, bundle, wish, known), wish.images, known)
    return await action.check(
        action.Work(
            cluster=cluster,
            preparation=wish.preparation,
            hosts=found,
            bundle=bundle and with_images(bundle, cluster.images, store),
            places=places(where),
            ignore=codes,
            options=options or ConnectOptions(),
            emit=emit,
        )
    )


def _bundle(
    wanted: Wanted, known: Cluster | None, hosts: Sequence[Host], store: Store
) -> Bundle | None:
    """Return the bundle that was named, else the cluster's or the lab's if it is there already."""
    if wanted.bundle:
        return store.load(wanted.bundle)
    is_lab = all(host.source == "lab" for host in hosts)
    likely = known.bundle if known else LAB_BUNDLE if is_lab else ""
    return store.load(likely) if likely in store.names() else None


def _wish(
    hosts: Sequence[Host], bundle: Bundle | None, wanted: Wanted, known: Cluster | None
) -> Cluster:
    """Return what the hosts would become; its version and bundle are empty without a bundle."""
    wish = make_wish(
        [host.name for host in hosts],
        bundle or _any_bundle(hosts, wanted, known),
        name=wanted.name,
        control_plane=wanted.control_plane,
        network=wanted.network,
        known=known,
    )
    version = known.version if known else ""
    return wish if bundle else wish.model_copy(update={"version": version, "bundle": ""})


def _any_bundle(hosts: Sequence[Host], wanted: Wanted, known: Cluster | None) -> Bundle:
    """Stand in for a bundle that is not chosen yet: it says which Kubernetes, and holds nothing."""
    is_lab = all(host.source == "lab" for host in hosts)
    usual = known.distribution if known else "kubeadm" if is_lab else "k3s"
    return Bundle(
        name="none",
        distribution=wanted.distribution or usual,
        version=known.version if known else "v0.0.0",
        created_from="nothing",
        artifacts=(),
    )
