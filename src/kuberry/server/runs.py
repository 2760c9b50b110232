"""The runs of this server: begun, cancelled, and ended with it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter

from kuberry.errors import KuberryError, UsageError
from kuberry.journal.read import Journal
from kuberry.journal.requests import claim, run_of, settle
from kuberry.journal.store import Store
from kuberry.model.event import AnyEvent, Emit, RunEnded, RunStarted
from kuberry.model.request import AnyRequest
from kuberry.model.run import RunRecord
from kuberry.server.apart import Apart, Stopped
from kuberry.server.problems import Refused

MOST_RUNS = 8
_SEEN_DEADLINE_S = 10.0
_LOOK_S = 0.02
log = logging.getLogger(__name__)
Begin = Callable[[AnyRequest, Emit], Coroutine[Any, Any, object]]


class Runs:
    """Begins runs, each in a thread of its own, and knows those that go on.

    Args:
        begin: Makes the coroutine that does a request.
        group: Holds what goes on.
        ended: Counts those that have ended, by command and outcome.
    """

    def __init__(
        self, store: Store, begin: Begin, group: asyncio.TaskGroup, ended: Counter
    ) -> None:
        self._store = store
        self._begin = begin
        self._group = group
        self._ended = ended
        self._apart = Apart(MOST_RUNS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_run: dict[str, asyncio.Task[None]] = {}
        self._pending: dict[tuple[str, str], asyncio.Future[str]] = {}
        self._beginning: dict[tuple[str, str], asyncio.Task[None]] = {}

    @property
    def going_on(self) -> int:
        """Return how many go on."""
        return len(self._tasks)

    async def begin(self, request: AnyRequest, known_as: tuple[str, str] | None = None) -> str:
        """Begin the run that *request* asks for; return its id once the journal knows it.

        Args:
            known_as: Token and key by which it can be taken back before it has begun.

        Raises:
            Refused: Too many go on.
            KuberryError: It failed before it began: the request itself is wrong.
        """
        if len(self._tasks) >= MOST_RUNS:
            remedy = "wait for one of them to end, or cancel one"
            message = f"{MOST_RUNS} runs go on, and no more are begun"
            raise Refused(429, "too-many-runs", message, remedy=remedy)
        begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = self._group.create_task(self._carry_out(request, begun))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if known_as is not None:
            self._beginning[known_as] = task
        try:
            run = await begun
        finally:
            if known_as is not None:
                del self._beginning[known_as]
        if not task.done():
            self._by_run[run] = task
            task.add_done_callback(lambda _: self._by_run.pop(run, None))
        await self._until_kept(run)
        return run

    async def begin_once(self, request: AnyRequest, token: str, key: str) -> str:
        """Begin it as `begin` does, if *token* has not sent *key* before; else name that run.

        Raises:
            Refused: The key was sent with another request, or nobody knows what became of it.
        """
        digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
        now = datetime.now(UTC)
        known = await asyncio.to_thread(claim, self._store, token, key, digest, now)
        if known.digest != digest:
            message = "this Idempotency-Key was sent with another request"
            raise Refused(422, "idempotency-key-reused", message, remedy="send a new key")
        if known.run is not None:
            return known.run
        if known.is_new:
            self._pending[token, key] = asyncio.get_running_loop().create_future()
            return await self._begin_pending(request, token, key)
        if (token, key) not in self._pending:
            message = "the server ended while it did this request for the first time"
            remedy = "look among the runs what became of it, and send a new key"
            raise Refused(409, "outcome-unknown", message, remedy=remedy)
        return await asyncio.shield(self._pending[token, key])

    async def withdraw(self, token: str, key: str) -> str | None:
        """Take back what *token* asked with *key*; return the run that it had led to already.

        Raises:
            Refused: Nothing was asked with that key.
        """
        beginning = self._beginning.get((token, key))
        if beginning is not None:
            beginning.cancel()
            return None
        if (token, key) in self._pending:
            return await asyncio.shield(self._pending[token, key])
        run = await asyncio.to_thread(run_of, self._store, token, key)
        if run is None:
            raise Refused(404, "no-such-request", "nothing was asked with this key")
        return run

    def cancel(self, run: RunRecord) -> None:
        """Cancel *run*; it ends as one that was interrupted, and the same request goes on with it.

        Raises:
            Refused: It has ended, or another process does it.
        """
        if run.state != "running":
            raise Refused(409, "run-ended", f"{run.id} has ended already")
        task = self._by_run.get(run.id)
        if task is None:
            message = f"{run.id} belongs to another process of this machine"
            raise Refused(409, "not-of-this-server", message, remedy="interrupt it there")
        task.cancel()

    def close(self) -> None:
        """Cancel all that go on; the group waits until they have ended."""
        for task in self._tasks:
            task.cancel()
        self._apart.close()

    async def _begin_pending(self, request: AnyRequest, token: str, key: str) -> str:
        """Begin it, and tell those who send the same meanwhile what becomes of it."""
        pending, run = self._pending[token, key], None
        try:
            run = await self.begin(request, (token, key))
            pending.set_result(run)
        except KuberryError as error:
            pending.set_exception(error)
            pending.exception()  # seen: perhaps nobody else asks
            raise
        finally:
            await asyncio.to_thread(settle, self._store, token, key, run)
            del self._pending[token, key]
        return run

    async def _carry_out(self, request: AnyRequest, begun: asyncio.Future[str]) -> None:
        loop = asyncio.get_running_loop()

        def emit(event: AnyEvent) -> None:
            if isinstance(event, RunStarted):
                loop.call_soon_threadsafe(_settle, begun, event.run)
                log.info("a run begins", extra={"run": event.run, "command": event.command})
            if isinstance(event, RunEnded):
                self._ended.labels(request.command, event.outcome).inc()
                log.info("a run has ended", extra={"run": event.run, "outcome": event.outcome})

        try:
            await self._apart.do(lambda: self._begin(request, emit))
            _fail(begun, UsageError("there was nothing to run"))
        except KuberryError as error:
            _fail(begun, error)
        except Stopped:
            _fail(begun, UsageError("it was cancelled before it began"))
        except Exception as error:
            log.exception("a run met a bug")
            _fail(begun, error)
        finally:
            _fail(begun, UsageError("it was cancelled before it began"))

    async def _until_kept(self, run: str) -> None:
        """Wait until the journal knows *run*; one that cannot be written knows it never."""
        journal = Journal(self._store.file, self._store)
        async with asyncio.timeout(_SEEN_DEADLINE_S):
            while not await asyncio.to_thread(_knows, journal, run):  # noqa: ASYNC110 -- a thread
                await asyncio.sleep(_LOOK_S)


def _knows(journal: Journal, run: str) -> bool:
    try:
        journal.id_of(run)
    except UsageError:
        return False
    return True


def _settle(begun: asyncio.Future[str], run: str) -> None:
    if not begun.done():
        begun.set_result(run)


def _fail(begun: asyncio.Future[str], error: Exception) -> None:
    if not begun.done():
        begun.set_exception(error)
