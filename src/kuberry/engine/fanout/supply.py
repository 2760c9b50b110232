"""Artifacts passed on from host to host while a plan runs; what does not come is uploaded."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator

from kuberry.engine.fanout import words
from kuberry.engine.fanout.address import own_address
from kuberry.engine.fanout.arrivals import Arrivals
from kuberry.engine.fanout.chain import CONTROLLER, Chain, Change
from kuberry.engine.fanout.link import SILENCE_S, Link
from kuberry.engine.fanout.pace import Pace
from kuberry.engine.fanout.selection import pieces_of, shared_artifacts
from kuberry.engine.means import STAGING, Means
from kuberry.errors import TransportError
from kuberry.model.event import Notice
from kuberry.model.plan import Plan

_GATHER_S = 10.0
_LATEST_S = 120.0
_TICK_S = 1.0
_END_S = 10.0
_LIVES = 2


@contextlib.asynccontextmanager
async def passed_on(plan: Plan, means: Means) -> AsyncIterator[Arrivals | None]:
    """Pass on what hosts of *plan* have in common for the ``async with`` block.

    Yields what tells when an artifact has arrived; ``None`` where there is nothing to pass on.
    """
    chain = Chain(pieces_of(plan) if means.fan_out == "chain" else ())
    if not chain.pieces:
        yield None
        return
    supply = Supply(plan, means, chain)
    task = asyncio.create_task(supply.run())
    task.add_done_callback(lambda _task: supply.arrivals.end())
    try:
        yield supply.arrivals
    finally:
        supply.close()
        _, late = await asyncio.wait((task,), timeout=_END_S)
        if late:
            task.cancel()
            await asyncio.wait((task,))
    if not task.cancelled():
        task.result()  # a bug of ours is not hidden


class Supply:
    """The agents of all hosts, moved by what they say.

    Attributes:
        arrivals: What has come, and what will not.
    """

    def __init__(self, plan: Plan, means: Means, chain: Chain) -> None:
        self._means, self._chain = means, chain
        self.arrivals = Arrivals(chain, shared_artifacts(plan), means.emit)
        self._artifacts = shared_artifacts(plan)
        self._secret = secrets.token_hex(32)
        pieces = chain.pieces.values()
        self._hosts = [
            one.host for one in plan.hosts if any(one.host in piece.receivers for piece in pieces)
        ]
        self._waiting = dict.fromkeys(self._hosts, time.monotonic())
        self._begun: set[str] = set()
        self._out: set[str] = set()
        self._is_gathered = False
        self._closing = asyncio.Event()
        self._links: dict[str, Link] = {}
        self._places: dict[str, tuple[str, int]] = {}

    async def run(self) -> None:
        """Pass all on, until every host has all, or is given up."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            for host in self._hosts:
                group.create_task(self._attend(host))

    def close(self) -> None:
        """Have all agents end."""
        self._closing.set()
        for link in self._links.values():
            link.close()

    async def _tick(self) -> None:
        """Look every second who is late or slow."""
        pace = Pace(self._chain)
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._closing.wait()
            now = time.monotonic()
            self._go_on_without_late_hosts(now)
            for host in pace.slow(now):
                self._chain.cut(host)
                self._tell_user(host, "is far slower than the others: it is served last")
            self._settle()

    def _go_on_without_late_hosts(self, now_s: float) -> None:
        for host, since_s in tuple(self._waiting.items()):
            if not self._is_gathered and now_s - since_s > _GATHER_S:
                self._gather()
            if now_s - since_s > _LATEST_S and host in self._links:
                self._links[host].close()
                self._put_out(host, f"not ready within {_LATEST_S:.0f} s")

    async def _attend(self, host: str) -> None:
        """Keep the agent of one host going; one that ended before its time is started once more."""
        reason = ""
        for _ in range(_LIVES):
            try:
                reason = await self._live(host)
            except TransportError:
                reason = ""  # the host is gone: its next step says so
            had_begun = host in self._begun
            self._part(host)
            if self._closing.is_set() or host in self._out:
                return
            if not had_begun or not reason:
                break
            self._tell_user(host, f"no longer passes artifacts on: {reason}")
            self._waiting[host] = time.monotonic()
            self._settle()
        self._put_out(host, reason)

    def _put_out(self, host: str, reason: str) -> None:
        """Leave a host to the plain upload."""
        self._out.add(host)
        if reason:
            self._tell_user(host, f"takes artifacts from this machine alone: {reason}")
        self._arrive_at_gate(host)

    async def _live(self, host: str) -> str:
        """Have the agent of a host at work; return why it ended.

        Raises:
            TransportError: The host is gone.
        """
        transport = self._means.transports[host]
        address = await own_address(transport)
        if address is None:
            return "other hosts cannot use the address it is logged in to"
        link = self._links[host] = Link(transport, lambda heard: self._hear(host, heard))
        self._places[host] = (address, 0)
        return await link.run(words.greeting(STAGING, self._secret, address, SILENCE_S))

    def _part(self, host: str) -> None:
        """Go on without a host."""
        self._links.pop(host, None)
        self._begun.discard(host)
        self._chain.leave(host)

    def _arrive_at_gate(self, host: str) -> None:
        self._waiting.pop(host, None)
        if not self._waiting and not self._is_gathered:
            self._gather()
        self._settle()

    def _gather(self) -> None:
        """Begin with all who are there, in the order of the plan; others come behind them."""
        self._is_gathered = True
        for host in self._hosts:
            if host in self._begun:
                self._chain.join(host)

    def _hear(self, host: str, heard: words.Heard) -> None:
        """Take in what a host says."""
        if heard.kind == "stranger":
            self._tell_user(host, f"gave nothing to {heard.text}, which does not know the secret")
        elif heard.kind == "fault":
            self._tell_user(host, f"cannot keep what it is given: {heard.text}")
        elif heard.kind in ("ready", "begun"):
            self._welcome(host, heard)
        elif heard.kind == "feed":
            path = self._means.fetch(self._artifacts[heard.digest])
            self._links[host].feed(heard.digest, heard.count, path)
        else:
            self._note(host, heard)

    def _welcome(self, host: str, heard: words.Heard) -> None:
        if heard.kind == "ready":
            self._places[host] = (self._places[host][0], heard.count)
            lacking = [
                (one.digest, one.size)
                for one in self._chain.pieces.values()
                if host in one.receivers and not self._chain.is_whole(host, one.digest)
            ]
            self._links[host].tell(words.wants(lacking))
            return
        if host in self._out:
            return
        self._begun.add(host)
        if self._is_gathered:
            self._chain.join(host)
        self._arrive_at_gate(host)

    def _note(self, host: str, heard: words.Heard) -> None:
        """Pass on what became of a piece."""
        digest, source = heard.digest, self._chain.sources.get((host, heard.digest), CONTROLLER)
        if heard.kind in ("have", "at"):
            self._chain.progressed(host, digest, heard.count)
            self.arrivals.progressed(host, digest)
            return
        giver = source or "this machine"
        if heard.kind == "whole":
            self._chain.finished(host, digest)
            self.arrivals.arrived(host, digest)
        elif host in self._begun and heard.kind == "bad":
            for one in self._chain.was_bad(host, digest):
                self._links[one].tell(words.forget(digest))
            self._tell_user(host, f"threw wrong bytes of {self._name(digest)} away, from {giver}")
        elif heard.kind == "broke" and heard.place == self._places.get(source):  # else known since
            self._chain.broke(host, digest, met=heard.count > 0)
            if not heard.count:
                self._tell_user(host, f"cannot take artifacts from {giver}: {heard.text}")
        self._settle()

    def _settle(self) -> None:
        """Tell hosts what has changed for them, and see whether all is done."""
        if not self._is_gathered or self._closing.is_set():
            return
        for change in self._chain.changes():
            self._tell(change)
        for host, digest in self._chain.given_up:
            self.arrivals.give_up(host, digest)
        if CONTROLLER not in self._chain.sources.values():
            for host in self._out:
                self.arrivals.give_up(host)
        if not self._waiting and not any(self._chain.lacks(host) for host in self._hosts):
            self.close()

    def _tell(self, change: Change) -> None:
        link = self._links[change.host]
        link.stop_feeding(change.digest)
        if change.source == CONTROLLER:
            link.tell(words.from_controller(change.digest))
        else:
            link.tell(words.from_host(change.digest, *self._places[change.source]))

    def _name(self, digest: str) -> str:
        return self._artifacts[digest].name

    def _tell_user(self, host: str, message: str) -> None:
        self._means.emit(Notice(host=host, message=message))
