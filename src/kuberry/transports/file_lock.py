"""One writer of a file at a time, on every system a controller runs on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

LOCK_DEADLINE_S = 10.0
_PAUSE_S = 0.01
_CREATED_MODE = 0o600


@contextmanager
def locked_for_append(path: Path, *, deadline_s: float = LOCK_DEADLINE_S) -> Iterator[int]:
    """Yield a descriptor that appends to *path*, while no other kuberry writes to it.

    Args:
        path: The file; created with mode 0600 where it is missing.
        deadline_s: Seconds to wait for another writer.

    Raises:
        TimeoutError: Another writer did not finish in time.
        OSError: The file cannot be written.
    """
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        with _beside(path, deadline_s), _open(path) as descriptor:
            yield descriptor
        return
    give_up = time.monotonic() + deadline_s
    while True:
        with _open(path) as descriptor:
            _wait_for(partial(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), give_up)
            if _is_still(path, descriptor):
                yield descriptor
                return


def _wait_for(attempt: Callable[[], None], give_up: float) -> None:
    while True:
        try:
            attempt()
        except (BlockingIOError, FileExistsError):
            if time.monotonic() >= give_up:
                raise TimeoutError("another process holds the file") from None
            time.sleep(_PAUSE_S)
        else:
            return


@contextmanager
def _open(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _CREATED_MODE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    """Return whether *path* was not replaced while we waited (``ssh-keygen -R`` does that)."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def _beside(path: Path, deadline_s: float) -> Iterator[None]:
    """Hold a lock file next to *path*; one older than *deadline_s* was left by a dead process."""
    lock = path.with_name(path.name + ".lock")
    with suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > deadline_s:
            lock.unlink()
    _wait_for(
        lambda: os.close(os.open(lock, os.O_CREAT | os.O_EXCL)), time.monotonic() + deadline_s
    )
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
