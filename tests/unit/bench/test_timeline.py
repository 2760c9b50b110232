"""Where the time of a run goes, by its own events."""

from __future__ import annotations

import json

import pytest

from kuberry.bench.timeline import START, lengths


def event(kind: str, **more: str) -> str:
    """Make a line as a run writes it."""
    return json.dumps({"seq": 1, "event": {"kind": kind, **more}}) + "\n"


def test_each_part_lasts_until_the_next_begins() -> None:
    """From the start of the program to its end, without a gap; noise begins nothing."""
    moments = [
        (0.5, event("run-started")),
        (0.75, event("phase", name="connect", message="connecting")),
        (1.0, "a warning of somebody else\n"),
        (1.0, event("phase", name="facts", message="looking")),
        (3.0, event("plan-started")),
        (3.25, event("host-ended", host="red")),
        (3.5, event("host-ended", host="red01")),
        (4.0, event("run-ended")),
    ]
    found = lengths(moments, 4.5)

    assert [seconds for _, seconds in found] == [0.75, 0.25, 2.0, 0.25, 0.75, 0.5]
    assert [name for name, _ in found][:3] == [START, "connecting", "looking"]
    assert sum(seconds for _, seconds in found) == pytest.approx(4.5)


def test_a_program_that_says_nothing_has_one_part() -> None:
    """All of it is its start."""
    assert lengths([], 2.0) == [(START, 2.0)]
