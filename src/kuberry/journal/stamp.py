"""Gives each event its number and its time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from kuberry.model.event import AnyEvent, RunStarted
from kuberry.model.run import EventRecord


class Stamper:
    """Makes events records; one for each stream of events.

    Two that are given the same events of a run count them alike.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # events may come from threads
        self._zero = time.monotonic()
        self._run = ""
        self._seq = 0

    def stamp(self, event: AnyEvent) -> EventRecord:
        """Return *event* with the next number and the time that it is now."""
        with self._lock:
            if isinstance(event, RunStarted):
                self._run, self._seq, self._zero = event.run, 0, time.monotonic()
            self._seq += 1
            return EventRecord(
                run=self._run,
                seq=self._seq,
                time=datetime.now(UTC),
                elapsed_s=round(time.monotonic() - self._zero, 6),
                event=event,
            )
