"""Events told as they are kept: of this process and of all others that write to the journal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator

from kuberry.errors import JournalUnusable
from kuberry.journal.database import open_database
from kuberry.journal.follow import Kept, events_of, events_of_all
from kuberry.journal.store import Store

POLL_S = 0.04
"""Between two looks at whether the file has changed; a look takes microseconds."""
HEARTBEAT_S = 15.0
_RETRY_S = 1.0
log = logging.getLogger(__name__)


class Tail:
    """Tells followers what is kept. Those at the same place share one look into the file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = asyncio.Event()
        self._pages: dict[tuple[str, int], tuple[Kept, ...]] = {}
        self._is_closed = False
        self.followers = 0

    @property
    def is_closed(self) -> bool:
        """Return whether all followers are to end."""
        return self._is_closed

    async def watch(self) -> None:
        """Wake the followers whenever the file has changed, for ever."""
        while True:
            try:
                with contextlib.closing(open_database(self._store.file)) as db:
                    await self._watch(db)
            except (JournalUnusable, sqlite3.Error, OSError) as error:
                log.warning("the journal cannot be watched: %s", error)
                await asyncio.sleep(_RETRY_S)

    async def _watch(self, db: sqlite3.Connection) -> None:
        before = -1
        while True:
            # It changes when another connection has committed (sqlite.org/pragma.html)
            version = int(db.execute("PRAGMA data_version").fetchone()[0])
            if version != before:
                before = version
                self._wake()
            await asyncio.sleep(POLL_S)

    def _wake(self) -> None:
        self._pages.clear()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def follow(self, run: str, after: int) -> AsyncIterator[Kept | None]:
        """Yield the events of *run* behind the seq *after* as they come, and ``None`` now and then.

        Args:
            run: Its id; empty for all runs, and *after* is then the number among them.
        """
        self.followers += 1
        try:
            while not self._is_closed:
                changed = self._changed  # taken before the look, so that nothing falls in between
                page = self._page(run, after)
                for one in page:
                    yield one
                if page:
                    after = page[-1].seq if run else page[-1].number
                    await asyncio.sleep(0)
                elif not await _is_set_within(changed, HEARTBEAT_S):
                    yield None
        finally:
            self.followers -= 1

    def close(self) -> None:
        """Have all followers end."""
        self._is_closed = True
        self._wake()

    def _page(self, run: str, after: int) -> tuple[Kept, ...]:
        key = run, after
        if key not in self._pages:
            found = events_of(self._store, run, after) if run else events_of_all(self._store, after)
            self._pages[key] = found
        return self._pages[key]


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
