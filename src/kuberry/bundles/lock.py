"""One writer at a time, across processes: a lock that ends with the process that holds it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from kuberry.errors import CacheBusy

_POLL_S = 0.2


class FileLock:
    """A lock held through an open file; the system lets it go when the process ends.

    flock(2) on POSIX systems; elsewhere (Windows has no fcntl) a byte-range lock of msvcrt.

    Args:
        path: The lock's file; it stays behind, empty of meaning.
        timeout_s: Seconds to wait for another holder.
        on_wait: Called once, with the holder's process id (or "another process"), before waiting.
    """

    def __init__(
        self, path: Path, *, timeout_s: float, on_wait: Callable[[str], None] = lambda _: None
    ) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._on_wait = on_wait
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it, and say whether it was taken."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let the lock go; without effect when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """Return who holds the lock, for people."""
        try:
            text = self._path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            text = ""
        return f"process {text}" if text.isdigit() else "another process"

    def busy(self) -> CacheBusy:
        """Return the error that says who holds the lock."""
        return CacheBusy(
            f"{self.holder()} has held {self._path} for more than {self._timeout_s:.0f} s",
            remedy="wait for it, or end it; then repeat the command",
        )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self._timeout_s
        told = False
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                raise self.busy()
            if not told:
                self._on_wait(self.holder())
                told = True
            time.sleep(_POLL_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _lock(descriptor: int) -> bool:
    """Lock an open file without waiting; a module this system lacks decides which way."""
    try:
        import fcntl  # noqa: PLC0415  # missing on Windows
    except ImportError:
        return _lock_bytes(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_bytes(descriptor: int) -> bool:
    import importlib  # noqa: PLC0415

    # By name: type checkers on Linux know no msvcrt.locking. Far behind the text, so that others
    # can still read who holds it.
    msvcrt = importlib.import_module("msvcrt")
    os.lseek(descriptor, 1 << 20, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    os.lseek(descriptor, 0, os.SEEK_SET)
    return True
