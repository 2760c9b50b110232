"""Who holds up others is found; who only waits for them is not."""

from __future__ import annotations

from collections.abc import Mapping

from kuberry.engine.fanout.chain import Chain, Piece
from kuberry.engine.fanout.pace import Pace

NAMES = ("red", "red01", "red02")
MIB = 1024 * 1024


def _cut_after(rates_mib_s: Mapping[str, float], seconds: int) -> list[str]:
    """Return who is found slow when hosts take in so much, each no more than its source has."""
    chain = Chain([Piece("x", 1000 * MIB, NAMES)])
    for name in NAMES:
        chain.join(name)
    chain.changes()
    pace, have = Pace(chain), dict.fromkeys(NAMES, 0.0)
    found: list[str] = []
    for second in range(seconds):
        limit = 1000.0
        for name in NAMES:
            have[name] = limit = min(have[name] + rates_mib_s[name], limit)
            chain.progressed(name, "x", int(limit * MIB))
        found += pace.slow(float(second))
    return found


def test_hosts_of_like_speed_are_left_alone() -> None:
    """A third less is no reason to be served last."""
    assert _cut_after({"red": 10, "red01": 7, "red02": 10}, 60) == []


def test_the_slow_one_is_found_once_and_not_those_behind_it() -> None:
    """All behind it are as slow, and have nothing to catch up on."""
    assert _cut_after({"red": 10, "red01": 1, "red02": 10}, 60) == ["red01"]


def test_the_last_may_be_as_slow_as_it_likes() -> None:
    """It holds up nobody."""
    assert _cut_after({"red": 10, "red01": 10, "red02": 1}, 60) == []


def test_a_head_that_stands_still_is_cut() -> None:
    """The first of all is slow when nothing arrives there."""
    assert _cut_after({"red": 0, "red01": 10, "red02": 10}, 9) == []
    assert _cut_after({"red": 0, "red01": 10, "red02": 10}, 12) == ["red"]
