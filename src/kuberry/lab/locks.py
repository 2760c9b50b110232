"""Locks that end with their holder, whatever ends it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kuberry.errors import HostBusy

_PAUSE_S = 0.05


@asynccontextmanager
async def hold(directory: Path, *, deadline_s: float = 120.0) -> AsyncIterator[None]:
    """Hold the lock of *directory* (made where missing) for the ``async with`` block.

    Args:
        deadline_s: Seconds to wait for another holder.

    Raises:
        HostBusy: Another process still holds the lock after *deadline_s*.
    """
    descriptor = await _acquire(directory, deadline_s)
    try:
        yield
    finally:
        os.close(descriptor)


def is_held(directory: Path) -> bool:
    """Return whether some process holds the lock of *directory*."""
    try:
        descriptor = _try(directory)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


async def _acquire(directory: Path, deadline_s: float) -> int:
    try:
        async with asyncio.timeout(deadline_s):
            while True:
                directory.mkdir(parents=True, exist_ok=True)
                descriptor = _try(directory)
                if descriptor is not None:
                    return descriptor
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError as error:
        msg = f"another kuberry has been working on {directory} for {deadline_s:g} s"
        raise HostBusy(msg, remedy="wait for it, or end it, and try again") from error


def _try(directory: Path) -> int | None:
    """Return the locked directory, or ``None``: held, or replaced while we were opening it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if directory.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
