"""Who holds up the hosts behind it; pure."""

from __future__ import annotations

from collections import deque

from kuberry.engine.fanout.chain import CONTROLLER, Chain

_WINDOW_S = 4.0
_STALL_S = 10.0
_LAG_BYTES = 16 * 1024 * 1024
_FAR_BELOW = 0.4
_SMOOTHING = 0.3


class Pace:
    """How fast each host takes in what it lacks, seen every now and then.

    A host is slow when the one before it has much that it has not, and it takes it in far more
    slowly than that one did. Behind the slow one all are as slow: they have nothing to catch up on.
    The first of all is slow only when nothing arrives there: there is nobody to compare it with.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._seen: dict[str, deque[tuple[float, int]]] = {}
        self._usual: dict[str, float] = {}
        self._cut: set[str] = set()

    def slow(self, now_s: float) -> tuple[str, ...]:
        """Return the hosts that hold up others, each once; to be asked about every second."""
        for host in self._chain.order:
            self._see(host, now_s)
        found = tuple(one for one in self._chain.order if self._holds_up(one, now_s))
        self._cut |= set(found)
        return found

    def _see(self, host: str, now_s: float) -> None:
        seen = self._seen.setdefault(host, deque())
        seen.append((now_s, sum(self._chain.have(host, one) for one in self._chain.pieces)))
        while now_s - seen[0][0] > _STALL_S:
            seen.popleft()
        rate = self._rate(host, now_s)
        if rate:
            before = self._usual.get(host, rate)
            self._usual[host] = before + _SMOOTHING * (rate - before)

    def _rate(self, host: str, now_s: float) -> float | None:
        """Return bytes a second over the last seconds; ``None`` where it was not seen so long."""
        seen = self._seen[host]
        first = next((one for one in seen if now_s - one[0] <= _WINDOW_S), seen[-1])
        if now_s - seen[0][0] < _WINDOW_S or now_s == first[0]:
            return None
        return (seen[-1][1] - first[1]) / (now_s - first[0])

    def _holds_up(self, host: str, now_s: float) -> bool:
        sources = {key[1]: giver for key, giver in self._chain.sources.items() if key[0] == host}
        if host in self._cut or not sources or host not in self._chain.sources.values():
            return False
        giver = next(iter(sources.values()))
        if giver == CONTROLLER:
            return self._stands_still(host, now_s)
        lag = sum(
            max(0, self._chain.have(giver, one) - self._chain.have(host, one))
            for one, from_whom in sources.items()
            if from_whom == giver
        )
        rate, usual = self._rate(host, now_s), self._usual.get(giver)
        if rate is None or usual is None:
            return False
        return lag >= _LAG_BYTES and rate < _FAR_BELOW * usual

    def _stands_still(self, host: str, now_s: float) -> bool:
        seen = self._seen[host]
        return now_s - seen[0][0] >= _STALL_S - 1 and seen[-1][1] == seen[0][1]
