"""A run that a server does, followed here to its end; Ctrl-C cancels it there."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kuberry.cli.options import Output
from kuberry.cli.render import console
from kuberry.cli.render.progress import json_line, live
from kuberry.cli.running import Interrupted
from kuberry.client.client import Client
from kuberry.client.failures import error_of
from kuberry.client.logins import login_for
from kuberry.errors import ServerRefused
from kuberry.model.event import RunEnded
from kuberry.model.report import RunReport
from kuberry.model.request import AnyRequest
from kuberry.model.run import EventRecord, RunRecord
from kuberry.settings import Settings

Take = Callable[[EventRecord], None]
_MOST_AT_ONCE = 200
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def asking(url: str) -> Iterator[Server]:
    """Give the server at *url*, asked as the user who logged in to it.

    Raises:
        UsageError: Nobody has logged in to it, or what is kept of that cannot be used.
    """
    login = login_for(url, Settings())
    with login.client() as client, _raising():
        try:
            yield Server(client, login.client)
        except _Came as came:
            raise Interrupted(came.number) from None


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """One server.

    Attributes:
        client: Asks it.
        another: Makes a client, for when the other was cut off in the middle of an answer.
    """

    client: Client
    another: Callable[[], Client]

    def follow(self, request: AnyRequest, output: Output) -> RunReport:
        """Have *request* done; show what happens as if it happened here, and return the report.

        Raises:
            KuberryError: What ended the run without a report.
            Interrupted: A signal came, and the run was cancelled; or the server ended.
        """
        if output is Output.JSON:
            return self._do(request, json_line)
        with live(output) as emit:
            return self._do(request, lambda record: emit(self._told(record).event))

    def ask_quietly(self, request: AnyRequest) -> RunReport:
        """Have *request* done, as `follow` does, and show of it what people must know."""
        return self._do(request, lambda record: console.print_event(self._told(record).event))

    def newest_runs(self, cluster: str | None, limit: int) -> tuple[RunRecord, ...]:
        """Return the newest *limit* runs, newest first."""
        found: list[RunRecord] = []
        before: str | None = None
        while len(found) < limit:
            size = min(limit - len(found), _MOST_AT_ONCE)
            page = self.client.runs(cluster=cluster, limit=size, before=before)
            found += page.runs
            before = page.next
            if before is None:
                break
        return tuple(found)

    def _told(self, record: EventRecord) -> EventRecord:
        """Return *record* with the report's address instead of a path that is not of here."""
        event = record.event
        if not (isinstance(event, RunEnded) and event.page):
            return record
        page = f"{self.client.url}/v1/runs/{event.run}/report"
        return record.model_copy(update={"event": event.model_copy(update={"page": page})})

    def _do(self, request: AnyRequest, take: Take) -> RunReport:
        key, seen = secrets.token_hex(16), _Seen(take)
        try:
            run = self.client.begin(request, key=key).id
            for record in self.client.events(run):
                seen.take(record)
        except _Came as came:
            self._end(key, seen)
            raise Interrupted(came.number) from None
        detail = self.client.run(run)
        if detail.report is not None:
            return detail.report
        if detail.run.state == "ended":
            raise error_of(detail.run)
        raise Interrupted(signal.SIGTERM)  # the server's end, or somebody cancelled it

    def _end(self, key: str, seen: _Seen) -> None:
        """Cancel what was asked with *key* and see it end; a second signal ends the waiting."""
        with contextlib.suppress(_Came), self.another() as client:
            try:
                run = client.withdraw(key)
            except ServerRefused as error:
                if error.word in {"run-ended", "no-such-request"}:
                    return
                raise
            for record in client.events(run.id, after=seen.last) if run else ():
                seen.take(record)


class _Seen:
    """Passes events on, and knows which was the last."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self.last = 0

    def take(self, record: EventRecord) -> None:
        self.last = record.seq
        self._take(record)


class _Came(BaseException):
    """A signal came."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def _raising() -> Iterator[None]:
    """Have signals end what goes on, wherever it is; those that are ignored stay so."""

    def come(number: int, _frame: FrameType | None) -> None:
        raise _Came(number)

    wanted = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, come) for one in wanted}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
