"""What the engine needs besides the plan."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping

from kuberry.engine.artifacts import Fetch
from kuberry.engine.host_state import Reconnect
from kuberry.engine.lock import Locks
from kuberry.model.event import Emit
from kuberry.transports.transport import Transport


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
    """

    transports: dict[str, Transport]
    reconnect: Mapping[str, Reconnect]
    fetch: Fetch
    emit: Emit
    clock: Callable[[], float] = time.monotonic
    locks: Locks | None = None
