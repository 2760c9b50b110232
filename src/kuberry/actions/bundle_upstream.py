"""Make a bundle of what upstream publishes: resolve, weigh, fetch, lay out, then as any other."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from kuberry.actions.bundle_create import Wanted, bundle_name, create_bundle
from kuberry.bundles.lock import FileLock
from kuberry.bundles.store import Store, unusable
from kuberry.bundles.upstream import catalogue
from kuberry.bundles.upstream.download import Downloads, Item
from kuberry.bundles.upstream.layout import extract_busybox, write_layout
from kuberry.bundles.upstream.registry import Registries
from kuberry.bundles.upstream.release import Release
from kuberry.bundles.upstream.web import LoginWanted, Web
from kuberry.errors import BundleError
from kuberry.model.bundle import Bundle
from kuberry.model.event import Emit, Notice, Phase
from kuberry.model.upstream import Upstream

_LOCK_S, _POLL_S = 4 * 3600.0, 0.5
_KEPT_S = 21 * 86400.0
_MIB = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of upstream.

    Attributes:
        version: A channel, a minor version or an exact one.
        architectures: Debian's words.
        name: Of the bundle; ``None`` for distribution and version.
    """

    distribution: str
    version: str
    architectures: tuple[str, ...]
    name: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Workplace:
    """Where the work is done.

    Attributes:
        store: Where the bundle ends up.
        downloads: A directory for what is on its way; an earlier run's is gone on with.
        upstream: Mirrors and certificates.
    """

    store: Store
    downloads: Path
    upstream: Upstream


async def create_from_upstream(order: Order, at: Workplace, emit: Emit) -> Bundle:
    """Make a bundle of a release; one that is there with all that is wanted is given as it is.

    Raises:
        UsageError: There is no such distribution, version or architecture.
        BundleError: Upstream lacks something, or sent something else than it announced.
        UpstreamUnreachable: A server does not answer.
        CacheBusy: Another process has been downloading for hours.
    """
    catalogue.check(order.distribution, order.architectures)
    async with Web(at.upstream) as web:
        version = await catalogue.resolve_version(order.distribution, order.version, web)
        exact = dataclasses.replace(order, version=version)
        async with _alone(at.downloads, emit):
            known = _known(exact, at.store)
            if known and set(exact.architectures) <= set(known.architectures):
                return known
            return await _create(_with_more(exact, known), at, web, emit)


async def _create(order: Order, at: Workplace, web: Web, emit: Emit) -> Bundle:
    registries = Registries(web)
    release = await catalogue.release(
        order.distribution,
        order.version,
        order.architectures,
        web=web,
        registries=registries,
    )
    downloads = Downloads(at.downloads, web, emit, elsewhere=_stored(at.store))
    _announce(order, release, downloads, emit)
    for item in release.downloads:
        await _fetch(item, downloads, registries)
    bundle = await asyncio.to_thread(_pack, order, release, at, downloads, emit)
    downloads.discard(one.sha256 for one in release.downloads)
    return bundle


async def _fetch(item: Item, downloads: Downloads, registries: Registries) -> None:
    """Bring *item*; a registry's token may have run out while the one before it came."""
    try:
        await downloads.fetch(item, lambda: registries.headers(item.url))
    except LoginWanted as error:
        await registries.login(item.url, error.challenge)
        await downloads.fetch(item, lambda: registries.headers(item.url))


def _announce(order: Order, release: Release, downloads: Downloads, emit: Emit) -> None:
    """Say what is to come, and refuse where it does not fit."""
    missing = [one for one in release.downloads if not downloads.has(one.sha256)]
    size = sum(one.size_bytes or 0 for one in missing)
    more = "" if all(one.size_bytes is not None for one in missing) else " or more"
    what = f"{order.distribution} {release.version} for {', '.join(order.architectures)}"
    message = f"{what}: downloading {len(missing)} files, {size / _MIB:.1f} MiB{more}"
    emit(Phase(name="download", message=message if missing else f"{what}: nothing to download"))
    downloads.root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(downloads.root).free
    needed = 2 * size  # once as it comes, once in the bundle
    if free < needed:
        raise BundleError(
            f"{downloads.root} has room for {free / _MIB:.0f} MiB, and {needed / _MIB:.0f} MiB "
            "are needed",
            remedy="make room, or set KUBERRY_CACHE_DIR to a directory on a larger disk",
        )


def _pack(
    order: Order, release: Release, at: Workplace, downloads: Downloads, emit: Emit
) -> Bundle:
    """Lay the release out as people would, and make a bundle of it as of any directory."""
    try:
        with tempfile.TemporaryDirectory(dir=at.downloads, prefix="release-") as name:
            _lay_out(release, downloads, Path(name))
            wanted = Wanted(
                order.distribution,
                Path(name),
                name=order.name,
                version=release.version,
                created_from=release.origin,
            )
            return create_bundle(at.store, wanted, emit)
    except OSError as error:
        raise unusable(error, at.downloads) from error


def _lay_out(release: Release, downloads: Downloads, directory: Path) -> None:
    def place(item: Item) -> Path:
        return downloads.place(item.sha256)

    for item in release.items:
        _link(place(item), directory / item.path)
    for inside, text in release.texts.items():
        (directory / inside).write_bytes(text)
    for image in release.images:
        folder = directory / image.architecture
        folder.mkdir(exist_ok=True)
        write_layout(folder / f"{image.file_name}.tar", image, place)
    for image in release.probes:
        extract_busybox(directory / image.architecture / "busybox", image, place)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _known(order: Order, store: Store) -> Bundle | None:
    """Return the bundle of that name when it is of that version, and whole."""
    name = order.name or bundle_name(order.distribution, order.version)
    try:
        bundle = store.load(name)
    except BundleError:
        return None
    is_same = (bundle.distribution, bundle.version) == (order.distribution, order.version)
    is_whole = all(store.blob(one).is_file() for one in bundle.artifacts)
    return bundle if is_same and is_whole else None


def _with_more(order: Order, known: Bundle | None) -> Order:
    """Keep what the bundle is for already: clusters are installed from it.

    Raises:
        BundleError: It is of that name and version, but somebody's own.
    """
    if known and not known.created_from.startswith(catalogue.ORIGINS):
        raise BundleError(
            f"the bundle {known.name} was made of {known.created_from}, and is not for "
            f"{', '.join(sorted({*order.architectures} - {*known.architectures}))}",
            remedy="give upstream's another name (--name), or remove it: kuberry bundle remove",
        )
    more = (*order.architectures, *(known.architectures if known else ()))
    return dataclasses.replace(order, architectures=tuple(sorted(set(more))))


def _stored(store: Store) -> Callable[[str], Path]:
    return lambda sha256: store.root / "blobs" / "sha256" / sha256


@contextlib.asynccontextmanager
async def _alone(directory: Path, emit: Emit) -> AsyncIterator[None]:
    """Hold the lock of all downloads: one at a time has the whole line, and nothing comes twice."""
    lock = FileLock(directory / "lock", timeout_s=_LOCK_S)
    loop = asyncio.get_running_loop()
    deadline, told = loop.time() + _LOCK_S, False
    while not lock.try_acquire():
        if loop.time() >= deadline:
            raise lock.busy()
        if not told:
            emit(Notice(message=f"waiting for {lock.holder()}, which is downloading"))
            told = True
        await asyncio.sleep(_POLL_S)
    try:
        _forget_old_parts(directory)
        yield
    finally:
        lock.release()


def _forget_old_parts(directory: Path) -> None:
    """Take away what nobody has gone on with for weeks."""
    for part in directory.glob("*.part"):
        if time.time() - part.stat().st_mtime > _KEPT_S:
            part.unlink()
