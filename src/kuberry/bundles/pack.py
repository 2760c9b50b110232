"""A bundle as one file: a plain tar archive, `manifest.json` first, then each blob once.

What comes in is believed in nothing: the manifest is checked first, and after it only regular
files are taken, only those it names, only as long as it says, and only if the digest is right.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

from kuberry.bundles.store import Store, Waiting, Writer, parse_manifest, unusable
from kuberry.errors import BundleError
from kuberry.model.bundle import Artifact, Bundle

_MANIFEST = "manifest.json"
_MANIFEST_LIMIT_BYTES = 8 << 20


def export_bundle(store: Store, bundle: Bundle, path: Path) -> None:
    """Write *bundle* to *path*; the same bundle gives the same bytes. It appears when it is whole.

    Raises:
        BundleError: A blob is missing or not what the manifest says, or *path* cannot be written.
    """
    faults = store.faults(bundle)
    if faults:
        raise BundleError(f"{bundle.name} is damaged: {faults[0]}", remedy="make it again")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with tarfile.open(unfinished, "w", format=tarfile.GNU_FORMAT) as tar:
            manifest = bundle.model_dump_json(indent=1).encode() + b"\n"
            tar.addfile(_entry(_MANIFEST, len(manifest)), io.BytesIO(manifest))
            for one in _each_blob_once(bundle):
                with store.blob(one).open("rb") as file:
                    tar.addfile(_entry(one.path, one.size_bytes), file)
        unfinished.replace(path)
    except OSError as error:
        raise unusable(error, path) from error
    finally:
        unfinished.unlink(missing_ok=True)


def import_bundle(store: Store, path: Path, on_wait: Waiting = lambda _: None) -> Bundle:
    """Take the bundle in the file *path* into *store*; nothing is seen of it until it is whole.

    Raises:
        BundleError: The file is no bundle, or anything in it is not as its manifest says.
        CacheBusy: Another process held the cache for too long.
    """
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            bundle = _read_manifest(tar, path.name)
            with store.writing(on_wait) as writer:
                _take_blobs(tar, bundle, writer, path.name)
                writer.publish(bundle)
    except OSError as error:
        raise unusable(error, path) from error
    except (tarfile.TarError, EOFError) as error:
        raise _refused(path.name, f"it is no sound tar archive ({error})") from error
    return bundle


def _read_manifest(tar: tarfile.TarFile, source: str) -> Bundle:
    member = tar.next()
    if member is None or member.name != _MANIFEST or not member.isreg():
        raise _refused(source, f"it does not begin with {_MANIFEST}")
    if member.size > _MANIFEST_LIMIT_BYTES:
        raise _refused(source, "its manifest is longer than any of ours")
    content = tar.extractfile(member)
    return parse_manifest(content.read() if content else b"", source)


def _take_blobs(tar: tarfile.TarFile, bundle: Bundle, writer: Writer, source: str) -> None:
    wanted = {one.path: one for one in _each_blob_once(bundle)}
    while (member := tar.next()) is not None:
        announced = wanted.pop(member.name, None)
        if announced is None or not member.isreg() or member.issparse():
            raise _refused(source, f"{member.name!r} is not in its manifest, or is no plain file")
        if member.size != announced.size_bytes:
            raise _refused(source, f"{announced.name} is not as long as the manifest says")
        content = tar.extractfile(member)
        assert content is not None  # noqa: S101  # it is a regular file
        digest, _ = writer.add(content, limit_bytes=announced.size_bytes)
        if digest != announced.sha256:
            raise _refused(source, f"{announced.name} is not what the manifest says")
    if wanted:
        missing = next(iter(wanted.values())).name
        raise _refused(source, f"{missing} and {len(wanted) - 1} others are missing")


def _each_blob_once(bundle: Bundle) -> tuple[Artifact, ...]:
    return tuple({one.sha256: one for one in bundle.artifacts}.values())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry


def _refused(source: str, why: str) -> BundleError:
    return BundleError(f"{source} was refused: {why}", remedy="export it or fetch it again")
