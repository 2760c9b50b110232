"""Make a bundle of a directory of downloads: look, check, complete, store, show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from kuberry.bundles import addon, apt, complete, probe
from kuberry.bundles.found import Found
from kuberry.bundles.scan import scan
from kuberry.bundles.store import Store, Writer
from kuberry.errors import BundleError
from kuberry.model.bundle import Artifact, Bundle
from kuberry.model.event import Emit, Notice, ignore


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of a new bundle.

    Attributes:
        directory: Holds the downloads; see docs/bundles.md.
        name: ``None`` for distribution and version.
        version: ``None`` takes it from the images.
        created_from: ``None`` for the directory.
        inputs: See `Bundle`.
    """

    distribution: str
    directory: Path
    name: str | None = None
    version: str | None = None
    created_from: str | None = None
    inputs: str | None = None


def create_bundle(store: Store, wanted: Wanted, emit: Emit = ignore) -> Bundle:
    """Make a bundle and put it into *store*, in place of one of the same name.

    Raises:
        UsageError: The directory or the distribution cannot be used.
        BundleError: A file is broken or of another kind than it says, or something is missing.
        CacheBusy: Another process held the cache for too long.
    """
    waiting = "waiting for {}, which is writing to the bundle cache"
    with store.writing(lambda who: emit(Notice(message=waiting.format(who)))) as writer:
        scratch = writer.scratch()
        scratch.mkdir()
        found = scan(wanted.directory, scratch)
        version = wanted.version or complete.kubernetes_version(found)
        found = complete.with_version(
            wanted.distribution, _with_probes(found, scratch, emit), version
        )
        artifacts = tuple(stored(one, writer) for one in found)
        _refuse(wanted.distribution, complete.gaps(wanted.distribution, artifacts, version))
        _refuse(wanted.distribution, addon.missing_images(found))
        bundle = _bundle(wanted, version, artifacts)
        writer.publish(bundle)
    if not any("coredns" in name for one in found for name in one.images):
        emit(Notice(message="it holds no CoreDNS: clusters made of it have no cluster DNS"))
    return bundle


def bundle_name(distribution: str, version: str) -> str:
    """Return what a bundle is called when nobody names it."""
    return f"{distribution}-{version}".lower().replace("+", "-")


def _with_probes(found: Sequence[Found], scratch: Path, emit: Emit) -> tuple[Found, ...]:
    """Add the probe image for every architecture, made of what is there or fetched."""
    kept = [one for one in found if not probe.is_source(one)]
    for architecture in sorted({one.architecture for one in kept} - {"any"}):
        if probe.has_probe(kept, architecture):
            continue
        sources = [
            one.source for one in found if probe.is_source(one) and one.architecture == architecture
        ]
        if not sources:
            emit(Notice(message=f"fetching {probe.PACKAGE} for {architecture} with apt-get"))
            sources = [apt.fetch_deb(probe.PACKAGE, architecture, scratch)]
        kept.append(probe.make_probe(sources[0], architecture, scratch))
    return tuple(kept)


def stored(one: Found, writer: Writer) -> Artifact:
    """Put the bytes of *one* into the store and return its entry of a manifest.

    Raises:
        BundleError: Its name or version cannot stand in one.
    """
    sha256, size_bytes = writer.add_file(one.source)
    try:
        return one.artifact(sha256, size_bytes)
    except ValidationError as error:
        raise BundleError(f"{one.label}: {error.errors()[0]['msg']}") from None


def _refuse(distribution: str, gaps: Sequence[str]) -> None:
    if gaps:
        raise BundleError(
            f"a {distribution} bundle needs more: {'; '.join(gaps)}",
            remedy="put what is missing into the directory and repeat the command",
        )


def _bundle(wanted: Wanted, version: str, artifacts: tuple[Artifact, ...]) -> Bundle:
    name = wanted.name or bundle_name(wanted.distribution, version)
    try:
        return Bundle(
            name=name,
            distribution=wanted.distribution,
            version=version,
            created_from=wanted.created_from or wanted.directory.name or "a directory",
            inputs=wanted.inputs,
            artifacts=tuple(sorted(artifacts, key=_order)),
        )
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BundleError(
            f"no bundle can be made of it: {f'{where}: ' if where else ''}{message}",
            remedy="leave one of each; --name and --version can be said",
        ) from None


def _order(one: Artifact) -> tuple[str, str, str, str]:
    return (one.kind, one.name, one.architecture, str(one.system or ""))
