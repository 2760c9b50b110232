"""The waterfall of a run, from what the run said of its steps as each of them ended."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kuberry.bench.figures import Comparison, Pair
from kuberry.paper.content import Span

_ENDED = re.compile(r"\s*(?P<end>[\d.]+)\s+(?P<host>\S+): (?P<title>.+) \((?P<took>[\d.]+) s\)")


def spans_of(lines: Iterable[str]) -> tuple[Span, ...]:
    """Return the steps that *lines* tell of: seconds, host, title, and how long it took.

    Lines that tell of no step, such as those of phases, are left out.
    """
    found = (_ENDED.fullmatch(line) for line in lines)
    return tuple(
        Span(
            one["host"],
            one["title"],
            max(0.0, float(one["end"]) - float(one["took"])),
            float(one["end"]),
        )
        for one in found
        if one
    )


def typical(one: Comparison) -> Pair | None:
    """Return the pair whose ratio lies in the middle; ``None`` without any that counts."""
    counting = sorted((pair for pair in one.pairs if pair.counts), key=lambda pair: pair.ratio)
    return counting[len(counting) // 2] if counting else None
