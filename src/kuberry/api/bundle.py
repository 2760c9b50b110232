"""Bundles: everything a cluster is installed from, made, checked and carried around."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuberry.actions import bundle_create
from kuberry.actions.bundle_create import Wanted
from kuberry.actions.bundle_upstream import Order, Workplace, create_from_upstream
from kuberry.bundles import pack
from kuberry.bundles.store import Store, Waiting
from kuberry.model.bundle import Bundle
from kuberry.model.event import Emit, Notice, ignore
from kuberry.settings import Settings

__all__ = [
    "Wanted",
    "bundle_faults",
    "create_bundle",
    "export_bundle",
    "import_bundle",
    "lab_bundle",
    "list_bundles",
    "load_bundle",
    "remove_bundle",
    "upstream_bundle",
]


def list_bundles(*, settings: Settings | None = None) -> tuple[Bundle, ...]:
    """Return all bundles in the cache, by name.

    Raises:
        BundleError: One of them is unusable.
    """
    store = _store(settings)
    return tuple(store.load(name) for name in store.names())


def load_bundle(name: str, *, settings: Settings | None = None) -> Bundle:
    """Return the bundle called *name*.

    Raises:
        BundleError: There is none, or it is unusable.
    """
    return _store(settings).load(name)


def bundle_faults(name: str, *, settings: Settings | None = None) -> tuple[str, ...]:
    """Read every byte of the bundle *name* and return what is wrong, one sentence each.

    Raises:
        BundleError: There is no such bundle, or its manifest is unusable.
    """
    store = _store(settings)
    return store.faults(store.load(name))


def create_bundle(
    wanted: Wanted, *, settings: Settings | None = None, emit: Emit = ignore
) -> Bundle:
    """Make a bundle of a directory of downloads; see docs/bundles.md for what to put there.

    Raises:
        UsageError: The directory or the distribution cannot be used.
        BundleError: A file is broken or not what it says, or something is missing.
        CacheBusy: Another process held the cache for too long.
    """
    return bundle_create.create_bundle(_store(settings), wanted, emit)


def export_bundle(name: str, path: Path, *, settings: Settings | None = None) -> Bundle:
    """Write the bundle *name* to one file; the same bundle gives the same bytes.

    Raises:
        BundleError: There is no such bundle, it is damaged, or the file cannot be written.
    """
    store = _store(settings)
    bundle = store.load(name)
    pack.export_bundle(store, bundle, path)
    return bundle


def import_bundle(path: Path, *, settings: Settings | None = None, emit: Emit = ignore) -> Bundle:
    """Take the bundle in the file *path* into the cache, once every digest is right.

    Raises:
        BundleError: The file is no bundle, or not what its manifest says.
        CacheBusy: Another process held the cache for too long.
    """
    return pack.import_bundle(_store(settings), path, _waiting(emit))


def remove_bundle(name: str, *, settings: Settings | None = None, emit: Emit = ignore) -> Bundle:
    """Take the bundle *name* out of the cache, with all that no other bundle needs.

    Raises:
        BundleError: There is no such bundle.
        CacheBusy: Another process held the cache for too long.
    """
    store = _store(settings)
    bundle = store.load(name)
    with store.writing(_waiting(emit)) as writer:
        writer.remove(bundle.name)
    return bundle


async def upstream_bundle(
    distribution: str,
    version: str,
    architectures: Sequence[str],
    *,
    name: str | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> Bundle:
    """Return the bundle of a release of upstream, downloaded once; see docs/bundles.md.

    Args:
        distribution: ``k3s`` or ``kubeadm``.
        version: A channel (``stable``), a minor version (``v1.36``) or an exact one.
        architectures: Debian's words.
        name: Of the bundle; ``None`` for distribution and exact version.

    Raises:
        UsageError: There is no such distribution, version or architecture.
        BundleError: Upstream lacks something, or sent something else than it announced.
        UpstreamUnreachable: A server does not answer.
        CacheBusy: Another process held the cache for too long.
    """
    settings = settings or Settings()
    order = Order(distribution, version, tuple(dict.fromkeys(architectures)), name)
    at = Workplace(_store(settings), settings.downloads_dir, settings.upstream)
    return await create_from_upstream(order, at, emit)


async def lab_bundle(*, settings: Settings | None = None, emit: Emit = ignore) -> Bundle:
    """Return the bundle for lab hosts; the first call builds it, which takes minutes.

    Raises:
        LabUnavailable: It cannot be built on this machine.
        CommandFailed: A part of the build failed; the error names its log.
        CommandTimeout: A part of the build took far too long.
        HostBusy: Another process has been building it for far too long.
    """
    from kuberry.lab.requirements import check_system  # noqa: PLC0415

    check_system()
    from kuberry.lab.kubernetes import builder  # noqa: PLC0415 -- needs Linux

    settings = settings or Settings()
    return await builder.lab_bundle(settings.cache_dir, _store(settings), emit)


def _store(settings: Settings | None) -> Store:
    return Store((settings or Settings()).bundles_dir)


def _waiting(emit: Emit) -> Waiting:
    return lambda who: emit(Notice(message=f"waiting for {who}, which writes to the bundle cache"))
