"""Deadlines that move: a transfer may take long, but not stand still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def stall_timeout(seconds: float) -> AsyncIterator[Callable[[], None]]:
    """Raise TimeoutError when *seconds* pass without a call of the function that is yielded."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds) as deadline:
        yield lambda: deadline.reschedule(loop.time() + seconds)
