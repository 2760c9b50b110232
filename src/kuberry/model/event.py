"""What happens during a run, as it happens: one tagged union for every consumer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from kuberry.model.value import Value


class RunStarted(Value):
    """A run begins; it is kept in the journal under this id.

    Attributes:
        run: The run's id, for ``kuberry runs show``.
        version: Of kuberry.
    """

    kind: Literal["run-started"] = "run-started"
    run: str
    command: str
    cluster: str
    hosts: tuple[str, ...]
    version: str


class RunEnded(Value):
    """A run has ended; a run whose process was killed has no such event.

    Attributes:
        outcome: As in the run's report; ``interrupted`` or ``error`` when it came to none.
        code: Of the error that ended it.
        message: Of the error that ended it.
    """

    kind: Literal["run-ended"] = "run-ended"
    run: str
    outcome: str
    duration_s: float
    code: str = ""
    message: str = ""


class HostKeyAccepted(Value):
    """A first contact: the host's key was written to known_hosts.

    Attributes:
        fingerprint: As ``ssh-keygen -l`` prints it: ``SHA256:…``.
    """

    kind: Literal["host-key-accepted"] = "host-key-accepted"
    host: str
    algorithm: str
    fingerprint: str
    known_hosts_file: str


class Notice(Value):
    """Something the user should know that is not an error."""

    kind: Literal["notice"] = "notice"
    host: str | None = None
    message: str


class PlanStarted(Value):
    """The engine sets out to do a plan.

    Attributes:
        steps: By host: how many steps it has.
        bytes_to_send: By host: how many bytes of artifacts it is to receive.
    """

    kind: Literal["plan-started"] = "plan-started"
    plan: str
    steps: dict[str, int]
    bytes_to_send: dict[str, int]


class StepStarted(Value):
    """A host begins a step."""

    kind: Literal["step-started"] = "step-started"
    host: str
    step: str
    title: str


class StepProgress(Value):
    """Bytes of a step's artifacts have gone to the host since the last such event."""

    kind: Literal["step-progress"] = "step-progress"
    host: str
    step: str
    bytes_sent: int


class StepFinished(Value):
    """A host has done a step."""

    kind: Literal["step-finished"] = "step-finished"
    host: str
    step: str
    title: str
    duration_s: float


class StepFailed(Value):
    """A host has not done a step; it does no more."""

    kind: Literal["step-failed"] = "step-failed"
    host: str
    step: str
    title: str
    code: str
    message: str
    remedy: str = ""


class HostEnded(Value):
    """A host has come to its end of the plan."""

    kind: Literal["host-ended"] = "host-ended"
    host: str
    ending: str


class Phase(Value):
    """The run has come to another of its parts: connect, facts, check, plan, verify."""

    kind: Literal["phase"] = "phase"
    name: str
    message: str = ""


AnyEvent = (
    RunStarted
    | RunEnded
    | HostKeyAccepted
    | Notice
    | Phase
    | PlanStarted
    | StepStarted
    | StepProgress
    | StepFinished
    | StepFailed
    | HostEnded
)
Event = Annotated[AnyEvent, Field(discriminator="kind")]
Emit = Callable[[AnyEvent], None]
"""Takes an event: a plain function that is never awaited and never blocks."""


def ignore(_event: AnyEvent) -> None:
    """Take an event and forget it."""
