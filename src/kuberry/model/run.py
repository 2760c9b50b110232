"""Runs as the journal remembers them: one record each, and one for each of their events."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from kuberry.model.event import Event
from kuberry.model.report import RunReport
from kuberry.model.value import Value

RunState = Literal["running", "ended", "interrupted"]


class EventRecord(Value):
    """One event with its place: in which run, which one of it, and when.

    Attributes:
        run: The run's id; empty for what belongs to no run, such as a dry run.
        seq: Counts the events of the run: 1, 2, 3, without a gap.
        time: UTC.
        elapsed_s: Seconds since the run began, by a clock that never jumps.
        event: What happened; its ``kind`` says which of the kinds below it is.
    """

    run: str
    seq: int = Field(ge=1)
    time: AwareDatetime
    elapsed_s: float
    event: Event


class RunRecord(Value):
    """One run as it stands.

    Attributes:
        id: Sorts by time: ``20261122-203021-5f3a07``.
        hosts: All hosts of the cluster by name, in the user's order.
        version: Of kuberry.
        ended: ``None`` while it runs, and when its process died.
        state: ``interrupted`` means that it was stopped, or that its process is gone.
        outcome: As in the run's report; ``error`` when an error ended it; empty before the end.
        code: Of the error that ended it, for programs.
        message: Of the error that ended it.
    """

    id: str
    command: str
    cluster: str
    hosts: tuple[str, ...]
    version: str
    started: datetime
    ended: datetime | None = None
    state: RunState
    outcome: str = ""
    code: str = ""
    message: str = ""


class RunDetail(Value):
    """One run with its report; ``None`` where it did not come to one."""

    run: RunRecord
    report: RunReport | None = None
