"""What the user types or pipes in, piece by piece, without holding up the end."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator

_PIECE_BYTES = 65536


async def pieces() -> AsyncIterator[bytes]:
    """Yield standard input as it comes.

    The reading thread is a daemon: a program that ends first leaves it waiting, and nobody waits
    for it.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        while True:
            piece = sys.stdin.buffer.read1(_PIECE_BYTES)  # type: ignore[union-attr]
            loop.call_soon_threadsafe(queue.put_nowait, piece)
            if not piece:
                return

    threading.Thread(target=read, daemon=True).start()
    while piece := await queue.get():
        yield piece
