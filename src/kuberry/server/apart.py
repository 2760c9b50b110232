"""Coroutines in threads of their own, so that what they do never keeps the server's own waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")
_END_DEADLINE_S = 30.0  # a run closes its connections and its journal, each with a deadline


class Stopped(Exception):
    """The work was stopped before its end."""


class Apart:
    """Does work in at most *threads* threads, each with an event loop of its own."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kuberry-apart")

    async def do(self, begin: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Return what the coroutine returns that *begin* makes; cancelling this cancels it.

        Raises:
            Stopped: It was cancelled, and has ended.
        """
        work = _Work(begin)
        future = asyncio.get_running_loop().run_in_executor(self._pool, work.run)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({future}, timeout=_END_DEADLINE_S)
            if future.done():
                future.exception()  # seen: nobody else will ask
            raise

    def close(self) -> None:
        """Take no more work; what goes on is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Work:
    """One coroutine, and how to reach it from another thread."""

    def __init__(self, begin: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._begin = begin
        self._lock = threading.Lock()
        self._reach: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._is_cancelled = False

    def run(self) -> Any:
        try:
            return asyncio.run(self._attend())
        except asyncio.CancelledError:
            raise Stopped from None

    async def _attend(self) -> Any:
        task = asyncio.current_task()
        with self._lock:
            if self._is_cancelled or task is None:
                raise asyncio.CancelledError
            self._reach = asyncio.get_running_loop(), task
        try:
            return await self._begin()
        finally:
            with self._lock:
                self._reach = None

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._reach is not None:
                loop, task = self._reach
                loop.call_soon_threadsafe(task.cancel)
