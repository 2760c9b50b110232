"""The hosts as they are now: one row each, in the user's order."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from kuberry.model.facts import HostFacts
from kuberry.model.value import Value


class Problem(Value):
    """Why a host could not be looked at.

    Attributes:
        code: Stable word for programs, as in `kuberry.errors`.
        remedy: What to do next; empty when there is nothing to say.
    """

    code: str
    message: str
    remedy: str


class HostStatus(Value):
    """One host: either its facts or the problem, never both and never neither.

    Attributes:
        host: As the user calls it.
        cluster: The cluster it belongs to, of those that were deployed from here.
        role: What it is there: ``server`` runs the control plane, ``worker`` does not.
    """

    host: str
    state: Literal["reachable", "unreachable"]
    facts: HostFacts | None
    problem: Problem | None
    cluster: str | None = None
    role: Literal["server", "worker"] | None = None


class StatusReport(Value):
    """What `kuberry status` says.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        taken_at: When the last host had answered, by the controller's clock.
    """

    kind: Literal["status"] = "status"
    version: Literal[1] = 1
    taken_at: datetime
    hosts: tuple[HostStatus, ...]

    @property
    def unreachable(self) -> tuple[HostStatus, ...]:
        """Return the hosts that could not be looked at."""
        return tuple(row for row in self.hosts if row.problem is not None)
