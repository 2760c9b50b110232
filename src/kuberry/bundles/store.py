"""The cache of bundles on this machine: shared by all runs, written by one at a time.

Layout: ``blobs/sha256/DIGEST`` (never changed once there), ``named/NAME/manifest.json``,
``tmp/`` (the writer's), ``lock``. A manifest appears by one rename, after all its blobs.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from kuberry.bundles.lock import FileLock
from kuberry.errors import BundleError
from kuberry.model.bundle import Artifact, Bundle

CHUNK_BYTES = 1 << 20
_LOCK_TIMEOUT_S = 1800.0
Waiting = Callable[[str], None]
"""Is told, for people, who is waited for."""


class Writer:
    """Puts things into the store; there is one at a time, see `Store.writing`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count = 0
        self._added: dict[str, Path] = {}

    def scratch(self) -> Path:
        """Return a path for a new file, gone when the writing ends."""
        self._count += 1
        return self._root / "tmp" / str(self._count)

    def add(self, source: IO[bytes], *, limit_bytes: int | None = None) -> tuple[str, int]:
        """Copy *source* and return its SHA-256 and size; the store has it once it is published.

        Args:
            limit_bytes: Bytes above which the source is refused; ``None`` for no limit.

        Raises:
            BundleError: It is longer than *limit_bytes*.
        """
        scratch = self.scratch()
        digest, size = hashlib.sha256(), 0
        with scratch.open("wb") as file:
            while chunk := source.read(CHUNK_BYTES):
                size += len(chunk)
                if limit_bytes is not None and size > limit_bytes:
                    raise BundleError(f"a piece is longer than the {limit_bytes} bytes announced")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        self._added[digest.hexdigest()] = scratch
        return digest.hexdigest(), size

    def add_file(self, path: Path) -> tuple[str, int]:
        """Copy the file at *path* and return its SHA-256 and size; see `add`."""
        with path.open("rb") as source:
            return self.add(source)

    def publish(self, bundle: Bundle) -> None:
        """Make *bundle* visible under its name, in place of what was there.

        Raises:
            BundleError: One of its blobs was neither added nor there before.
        """
        (self._root / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        for one in bundle.artifacts:
            if scratch := self._added.pop(one.sha256, None):
                scratch.chmod(0o444)
                scratch.replace(self._root / one.path)
            elif not (self._root / one.path).is_file():
                raise BundleError(f"{one.name}: its bytes are not in the cache")
        folder = self._root / "named" / bundle.name
        folder.mkdir(parents=True, exist_ok=True)
        scratch = self.scratch()
        scratch.write_text(bundle.model_dump_json(indent=1) + "\n", "utf-8")
        scratch.replace(folder / "manifest.json")

    def remove(self, name: str) -> None:
        """Take the bundle *name* away, if it is there, and every blob that no bundle needs then.

        Raises:
            BundleError: Another bundle is unusable, so that nobody knows what it needs.
        """
        shutil.rmtree(self._root / "named" / name, ignore_errors=True)
        store = Store(self._root)
        needed = {one.sha256 for other in store.names() for one in store.load(other).artifacts}
        for blob in (self._root / "blobs" / "sha256").glob("*"):
            if blob.name not in needed:
                blob.unlink()


class Store:
    """All bundles of this user on this machine.

    Args:
        root: The cache's directory; made when something is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> tuple[str, ...]:
        """Return the names of all bundles, sorted."""
        manifests = (self.root / "named").glob("*/manifest.json")
        return tuple(sorted(path.parent.name for path in manifests))

    def load(self, name: str) -> Bundle:
        """Return the bundle called *name*.

        Raises:
            BundleError: There is none, or its manifest is unusable.
        """
        known = self.names()
        if name not in known:
            there = f"there are: {', '.join(known)}" if known else "there is none yet"
            raise BundleError(
                f"no bundle is called {name!r}; {there}",
                remedy="kuberry bundle create …, kuberry bundle import FILE, or kuberry lab bundle",
            )
        return parse_manifest((self.root / "named" / name / "manifest.json").read_bytes(), name)

    def blob(self, artifact: Artifact) -> Path:
        """Return the file that holds the bytes of *artifact*."""
        return self.root / artifact.path

    def faults(self, bundle: Bundle) -> tuple[str, ...]:
        """Read every byte of *bundle* and return what is wrong, one sentence each; none if fine."""
        found = (self._fault(one) for one in bundle.artifacts)
        return tuple(text for text in found if text)

    @contextlib.contextmanager
    def writing(self, on_wait: Waiting = lambda _: None) -> Iterator[Writer]:
        """Hold the store's lock and give the one who may write; what a killed one left goes.

        Raises:
            CacheBusy: Another process held the lock for half an hour.
            BundleError: A file cannot be read, or the store not be written.
        """
        with FileLock(self.root / "lock", timeout_s=_LOCK_TIMEOUT_S, on_wait=on_wait):
            scratch = self.root / "tmp"
            shutil.rmtree(scratch, ignore_errors=True)
            try:
                scratch.mkdir(parents=True)
                yield Writer(self.root)
            except OSError as error:
                raise unusable(error, self.root) from error
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def _fault(self, artifact: Artifact) -> str:
        label = f"{artifact.kind} {artifact.name} ({artifact.architecture})"
        try:
            with self.blob(artifact).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return f"{label}: {error.strerror}"
        return "" if digest == artifact.sha256 else f"{label}: its bytes are not those announced"


def unusable(error: OSError, path: Path) -> BundleError:
    """Return what is to be said when *error* came up at *path* or at a file it names itself."""
    if error.errno == errno.ENOSPC:
        message = f"no space is left for {path}"
        return BundleError(message, remedy="make room there, then repeat the command")
    return BundleError(f"{error.filename or path}: {error.strerror}", remedy="see to the file")


def parse_manifest(text: bytes, source: str) -> Bundle:
    """Read a manifest.

    Args:
        source: Where it is from, for people.

    Raises:
        BundleError: It is no manifest, or one of a kuberry that is newer than this one.
    """
    try:
        return Bundle.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the manifest"
        remedy = "make or fetch the bundle again"
        if where == "schema_version":
            remedy = "a newer kuberry wrote it: update this one"
        message = f"the manifest of {source} is unusable: {where}: {first['msg']}"
        raise BundleError(message, remedy=remedy) from None
