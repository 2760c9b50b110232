"""What a server holds while it runs."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request

from kuberry.journal.follow import newest_number
from kuberry.journal.read import Journal
from kuberry.journal.store import Store
from kuberry.server.allowed import AllowedHosts
from kuberry.server.apart import Apart
from kuberry.server.attempts import Attempts
from kuberry.server.metrics import Metrics
from kuberry.server.orders import carry_out
from kuberry.server.runs import Begin, Runs
from kuberry.server.tail import Tail
from kuberry.settings import Settings

_CONNECTIONS = 8
_MOST_LOOKS = 4


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a server is set up.

    Attributes:
        settings: Where things are kept.
        allow_hosts: A host expression: hosts that requests may name beside those that are known.
        names: By which it may be called: the ``Host`` of a request. Others are refused, so that no
            page of a stranger reaches it through a name of that stranger's own.
        authority: The certificate that clients are to trust; told to everybody who asks.
        begin: Makes the coroutine that does a request; ``None`` means the façade's.
    """

    settings: Settings
    allow_hosts: str | None = None
    names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    authority: Path | None = None
    begin: Begin | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all requests share.

    Attributes:
        looks: Does what looks at hosts and changes nothing, some at a time.
    """

    settings: Settings
    store: Store
    journal: Journal
    allowed: AllowedHosts
    attempts: Attempts
    looks: Apart
    tail: Tail
    runs: Runs
    metrics: Metrics
    authority: Path | None


@asynccontextmanager
async def open_state(setup: Setup, metrics: Metrics) -> AsyncIterator[State]:
    """Give what a server holds; at the end its runs are cancelled and waited for."""
    settings = setup.settings
    store = Store(settings.journal_file, connections=_CONNECTIONS)
    begin: Begin = setup.begin or (lambda request, emit: carry_out(request, settings, emit))
    tail = Tail(store)
    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(tail.watch())
        state = State(
            settings=settings,
            store=store,
            journal=Journal(settings.journal_file, store),
            allowed=AllowedHosts(settings, setup.allow_hosts),
            attempts=Attempts(),
            looks=Apart(_MOST_LOOKS),
            tail=tail,
            runs=Runs(store, begin, group, metrics.runs),
            metrics=metrics,
            authority=setup.authority,
        )
        _watch(state)
        try:
            yield state
        finally:
            tail.close()
            state.runs.close()
            state.looks.close()
            watcher.cancel()
    store.close()


def _watch(state: State) -> None:
    """Have the figures looked up that the state knows."""
    metrics = state.metrics
    metrics.watch(
        "kuberry_runs_going_on", "Runs of this server that go on", lambda: state.runs.going_on
    )
    metrics.watch(
        "kuberry_followers", "Streams of events that are open", lambda: state.tail.followers
    )
    metrics.count("kuberry_events", "Events in the journal", lambda: newest_number(state.store))


def state_of(request: Request) -> State:
    """Return what the server of *request* holds."""
    state = request.app.state.kuberry
    assert isinstance(state, State)  # noqa: S101 -- set by `lifespan` before any request
    return state


def lifespan(
    setup: Setup, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what opens the state when the server starts, and closes it when it ends."""

    @asynccontextmanager
    async def hold(app: FastAPI) -> AsyncIterator[None]:
        async with open_state(setup, metrics) as state:
            app.state.kuberry = state
            yield

    return hold
