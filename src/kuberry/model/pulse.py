"""How hosts feel, looked at again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from kuberry.model.facts import Card, Health, Led, Memory
from kuberry.model.status import Problem
from kuberry.model.value import Value


class Link(Value):
    """The interface that we are logged in by; *speed_mbps* is ``None`` where nobody tells."""

    name: str
    wireless: bool
    speed_mbps: int | None


class Pulse(Value):
    """What one short look at a host brought; ``None`` where it was not told."""

    health: Health | None
    memory: Memory | None
    link: Link | None
    cards: tuple[Card, ...] | None
    leds: tuple[Led, ...] | None = None


class HostPulse(Value):
    """One host: its pulse, or why there is none.

    Attributes:
        state: ``connecting`` until the first answer; ``lost`` comes back by itself.
        pulse: The newest; ``None`` unless the host is reachable.
        problem: Why there is none; ``None`` while connecting, too.
    """

    host: str
    state: Literal["connecting", "reachable", "lost"]
    pulse: Pulse | None = None
    problem: Problem | None = None


class Pace(Value):
    """How often hosts are looked at.

    Attributes:
        interval_s: Seconds between two looks at a host, and between two reports.
        reports: How many reports; ``None`` goes on until it is cancelled.
    """

    interval_s: float = 2.0
    reports: int | None = None


class WatchReport(Value):
    """What `kuberry status --watch` says each time.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        seq: Counts the reports: 1, 2, 3.
        taken_at: By the controller's clock.
        hosts: In the user's order.
    """

    kind: Literal["watch"] = "watch"
    version: Literal[1] = 1
    seq: int
    taken_at: datetime
    hosts: tuple[HostPulse, ...]
