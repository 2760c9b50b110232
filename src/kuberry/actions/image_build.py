"""Make a bundle of images for jobs: our own for data science, or archives of the user's."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from kuberry.actions.bundle_create import stored
from kuberry.actions.images import NONE
from kuberry.bundles import apt, found, imagefile, science
from kuberry.bundles.found import Found
from kuberry.bundles.store import Store, Writer
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import BUNDLE_NAME, IMAGES_ALONE, ArchitectureName, Bundle
from kuberry.model.event import Emit, Notice, ignore

_REPOSITORY = "localhost/kuberry"
_VERSION = "v1.0.0"
_WAITING = "waiting for {}, which is writing to the bundle cache"


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of an image to be built.

    Attributes:
        name: Of the image and of the bundle that holds it.
        packages: Debian packages beside those of `kuberry.bundles.science`.
        architectures: Debian's words.
    """

    name: str
    packages: tuple[str, ...]
    architectures: tuple[str, ...]


def build_image(store: Store, wanted: Wanted, emit: Emit = ignore) -> Bundle:
    """Build the image for each architecture and put it into *store*, in place of an older one.

    One of the same packages that is there already is left as it is.

    Raises:
        UsageError: The name or an architecture cannot be had.
        BundleError: The packages cannot be had.
        CacheBusy: Another process held the cache for too long.
    """
    _refuse_name(wanted.name)
    _refuse_unknown(wanted.architectures)
    with store.writing(lambda who: emit(Notice(message=_WAITING.format(who)))) as writer:
        chosen = {one: _chosen(wanted, one, writer) for one in wanted.architectures}
        inputs = _digest(wanted, chosen)
        if (known := _known(store, wanted.name)) and known.inputs == inputs:
            return known
        made = [_built(wanted, one, debs, writer, emit) for one, debs in chosen.items()]
        words = ", ".join(("scikit-learn, SciPy, NumPy", *wanted.packages))
        return _published(writer, store, wanted.name, made, f"Debian packages: {words}", inputs)


def add_images(store: Store, name: str, files: Sequence[Path], emit: Emit = ignore) -> Bundle:
    """Put image archives (``docker save``, OCI layout) into *store* as the bundle *name*.

    Raises:
        UsageError: The name is that of a bundle of another kind.
        BundleError: A file is no image archive, or two are for the same architecture.
        CacheBusy: Another process held the cache for too long.
    """
    _refuse_name(name)
    with store.writing(lambda who: emit(Notice(message=_WAITING.format(who)))) as writer:
        made = [_looked_at(path) for path in files]
        words = ", ".join(path.name for path in files)
        return _published(writer, store, name, made, words[:500])


def _refuse_name(name: str) -> None:
    if name == NONE or not re.fullmatch(BUNDLE_NAME, name):
        message = f"no bundle can be called {name!r}"
        raise UsageError(message, remedy="take small letters, digits, hyphens")


def _refuse_unknown(architectures: Iterable[str]) -> None:
    known = get_args(ArchitectureName)
    for one in architectures:
        if one not in known:
            message = f"no architecture is called {one!r}"
            raise UsageError(message, remedy=f"known: {', '.join(known)}")


def _chosen(wanted: Wanted, architecture: str, writer: Writer) -> apt.Debs:
    scratch = writer.scratch()
    scratch.mkdir()
    packages = (*science.PACKAGES, *wanted.packages)
    return apt.choose_debs(packages, architecture, scratch, without=science.WITHOUT)


def _digest(wanted: Wanted, chosen: Mapping[str, apt.Debs]) -> str:
    """Return a digest of all that the images are made of."""
    files = [(architecture, debs.files) for architecture, debs in chosen.items()]
    words = (_reference(wanted), science.KEY, sys.version_info[:2], files)
    return hashlib.sha256(repr(words).encode()).hexdigest()


def _built(wanted: Wanted, architecture: str, debs: apt.Debs, writer: Writer, emit: Emit) -> Found:
    scratch = writer.scratch()
    scratch.mkdir()
    count = len(debs.files)
    emit(Notice(message=f"fetching {count} Debian packages for {architecture}: about 60 MB"))
    files = debs.fetch()
    emit(Notice(message="making the image, usually half a minute"))
    made, note = science.make_image(_reference(wanted), architecture, files, scratch)
    if note:
        emit(Notice(message=note))
    return made


def _reference(wanted: Wanted) -> str:
    return f"{_REPOSITORY}/{wanted.name}:{science.VERSION}"


def _known(store: Store, name: str) -> Bundle | None:
    return store.load(name) if name in store.names() else None


def _looked_at(path: Path) -> Found:
    try:
        contents = imagefile.read_contents(path)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise BundleError(
            message, remedy="name a file that docker save or podman save wrote"
        ) from None
    if contents is None:
        raise BundleError(f"{path.name} is no image archive", remedy="docker save -o FILE NAME:TAG")
    if len(contents.architectures) != 1:
        words = ", ".join(contents.architectures) or "none"
        raise BundleError(
            f"{path.name} is of several architectures, or of an unknown one: {words}",
            remedy="save one of them: docker save --platform linux/arm64 -o FILE NAME:TAG",
        )
    return found.found_images(path, path.name, contents)


def _published(
    writer: Writer,
    store: Store,
    name: str,
    made: Sequence[Found],
    created_from: str,
    inputs: str | None = None,
) -> Bundle:
    known = _known(store, name)
    if known and known.distribution != IMAGES_ALONE:
        message = f"{name} is a bundle of {known.distribution}"
        raise UsageError(message, remedy="take another name")
    artifacts = tuple(stored(one, writer) for one in made)
    try:
        bundle = Bundle(
            name=name,
            distribution=IMAGES_ALONE,
            version=_VERSION,
            created_from=created_from,
            inputs=inputs,
            artifacts=artifacts,
        )
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"no bundle {name!r} can be made of it: {message}") from None
    writer.publish(bundle)
    return bundle
