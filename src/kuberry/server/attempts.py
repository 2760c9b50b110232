"""How often somebody may try: who shows wrong tokens is not listened to for a while."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_S = 60.0
MOST_FAILURES = 10
_MOST_ADDRESSES = 10_000


class Attempts:
    """Counts the failures of each address in the last minute.

    Args:
        clock: Seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def fail(self, address: str) -> None:
        """Remember that *address* failed; of very many the oldest is forgotten."""
        times = self._failures.setdefault(address, deque(maxlen=MOST_FAILURES))
        times.append(self._clock())
        self._failures.move_to_end(address)
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def wait_s(self, address: str) -> float:
        """Return for how many seconds *address* is not listened to; 0 when it is."""
        times = self._failures.get(address)
        if times is None or len(times) < MOST_FAILURES:
            return 0.0
        return max(0.0, times[0] + WINDOW_S - self._clock())
