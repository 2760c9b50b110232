"""What happens during a run, as it happens: one tagged union for every consumer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from kuberry.model.value import Value


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


Event = Annotated[HostKeyAccepted | Notice, Field(discriminator="kind")]
Emit = Callable[[HostKeyAccepted | Notice], None]
"""Takes an event: a plain function that is never awaited and never blocks."""


def ignore(_event: HostKeyAccepted | Notice) -> None:
    """Take an event and forget it."""
