"""A server without sockets, asked in this process, whose runs keep what real ones keep."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

import made_up as make
from kuberry.errors import UsageError
from kuberry.journal.keep import keep_run
from kuberry.journal.store import Store
from kuberry.model.access_token import IssuedToken, NewToken, Scope
from kuberry.model.event import Emit, Notice
from kuberry.model.request import AnyRequest
from kuberry.server.app import make_app
from kuberry.server.state import Setup, State
from kuberry.server.tokens import issue
from kuberry.settings import Settings

CLUSTER = make.cluster("red", "red01")
UNKNOWN = "unknown"
"""A cluster of this name is refused before a run begins."""
LATE = "late"
"""For a cluster of this name a run begins when it is let go, as when a bundle has to come first."""


class Engine:
    """Stands where the façade stands: its runs talk, and end when they are let go."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.go_on = threading.Event()
        self.asked: list[AnyRequest] = []

    async def __call__(self, request: AnyRequest, emit: Emit) -> None:
        """Do *request*: three notices, then the end."""
        self.asked.append(request)
        if getattr(request, "cluster", None) == UNKNOWN:
            raise UsageError("no cluster is called so", remedy="name another")
        while getattr(request, "cluster", None) == LATE and not self.go_on.is_set():  # noqa: ASYNC110 -- set by another thread
            await asyncio.sleep(0.01)
        async with keep_run(self.settings.journal_file, request.command, CLUSTER, emit) as run:
            for number in range(3):
                run.emit(Notice(host="red", message=str(number)))
            while not self.go_on.is_set():  # noqa: ASYNC110 -- set by another thread
                await asyncio.sleep(0.01)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """One server, and how to ask it."""

    app: Any
    settings: Settings
    engine: Engine
    tokens: dict[Scope, IssuedToken]

    @property
    def state(self) -> State:
        """Return what it holds."""
        state = self.app.state.kuberry
        assert isinstance(state, State)
        return state

    def client(self, scope: Scope | None = None, *, token: str = "") -> httpx2.AsyncClient:
        """Return a client with a token of *scope*, or with *token*."""
        text = self.tokens[scope].token if scope else token
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers)


@asynccontextmanager
async def serving(settings: Settings, **setup: Any) -> AsyncIterator[Server]:
    """Give a server that is called ``test``."""
    engine = Engine(settings)
    store = Store(settings.journal_file)
    tokens = {one: issue(store, NewToken(name=one.value, scope=one)) for one in Scope}
    app = make_app(Setup(settings=settings, names=("test",), **({"begin": engine} | setup)))
    async with app.router.lifespan_context(app):
        yield Server(app, settings, engine, tokens)
