"""What the engine needs besides the plan."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from kuberry.engine.host_state import Reconnect
from kuberry.engine.lock import Locks
from kuberry.model.bundle import Artifact
from kuberry.model.event import Emit
from kuberry.model.plan import FanOut
from kuberry.transports.transport import Transport

STAGING = "/var/lib/kuberry/staging"
"""Where artifacts lie on a host, named by their digests, until a step makes use of them."""
Fetch = Callable[[Artifact], Path]
"""Finds the verified file of an artifact on the controller."""


async def at_once(_host: str) -> None:
    """Let a step begin at once."""


@dataclasses.dataclass(frozen=True, slots=True)
class Means:
    """What the engine needs besides the plan.

    Attributes:
        transports: By host name; a reboot replaces an entry.
        reconnect: By host name: opens a new connection.
        fetch: Finds the verified file of an artifact on the controller.
        emit: Is told what happens.
        locks: Those of the hosts, where the run has taken them: a reboot takes them anew.
        clock: Seconds since the run began.
        ready: Returns as soon as a new step may begin on a host.
        fan_out: How artifacts that several hosts are to have get there.
    """

    transports: dict[str, Transport]
    reconnect: Mapping[str, Reconnect]
    fetch: Fetch
    emit: Emit
    clock: Callable[[], float] = time.monotonic
    locks: Locks | None = None
    ready: Callable[[str], Awaitable[None]] = at_once
    fan_out: FanOut = "star"
