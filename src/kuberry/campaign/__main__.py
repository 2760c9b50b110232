"""``python -m kuberry.campaign``: break lines of ours in the middle, keep what became of them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kuberry.campaign.case import Case, case_of
from kuberry.campaign.page import page
from kuberry.campaign.record import RESULTS, CaseRecord, append, read, read_all, read_causes
from kuberry.campaign.tour import Tour
from kuberry.errors import KuberryError

_PAGE = "docs/campaign.md"
_HOSTS = "/var/tmp/kuberry-campaign"  # noqa: S108 -- locked, and the machine is a tester's own


def main(argv: Sequence[str] | None = None) -> int:
    """Do the cases that *argv* asks for and return the exit code: whether all could be tried.

    A case that failed is no failure of the campaign: it is published.
    """
    words = _arguments(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # take the lab down then, too
    root: Path = words.root.resolve()
    code = 0
    if not words.page_only:
        once = words.case and not words.keep
        file = None if once else root / RESULTS / f"seed-{words.seed}.jsonl"
        try:
            asyncio.run(_tour(Tour(words.place, root), _while_time(words, file), file))
        except KuberryError as error:
            _say(f"error: {error.host or ''} {error.message}\n  → {error.remedy}")
            code = 1
        except KeyboardInterrupt:
            _say("interrupted; the same line goes on")
            code = 130
    write_page(root)
    return code


def page_of(root: Path) -> str:
    """Return the page of all raw data in the source tree *root*."""
    return page(read_all(root), read_causes(root))


def write_page(root: Path) -> None:
    """Write the page of all raw data."""
    (root / _PAGE).write_text(page_of(root), "utf-8")


async def _tour(tour: Tour, cases: Iterable[Case], file: Path | None) -> None:
    async with contextlib.aclosing(tour.go(cases)) as records:
        async for record in records:
            _keep(record, file)


def _keep(record: CaseRecord, file: Path | None) -> None:
    if file:
        append(file, record)
    else:
        sys.stdout.write(record.model_dump_json(indent=1) + "\n")
    case, strike = record.case, record.strike
    at = f"{strike.host}:{strike.step} +{strike.after_s} s, {strike.victim}"
    _say(
        f"{case.seed}/{case.number} {case.command}, {case.fault} ({at}): "
        f"{record.end} after {record.seconds:.0f} s {record.reason}"
    )


def _while_time(words: argparse.Namespace, file: Path | None) -> Iterator[Case]:
    """Yield the cases that are asked for; none begins when the minutes are over."""
    end = time.monotonic() + words.minutes * 60
    for case in _cases(words, file):
        if time.monotonic() >= end:
            return
        yield case


def _cases(words: argparse.Namespace, file: Path | None) -> list[Case]:
    if file is None or words.case:
        return [case_of(words.seed, words.case)]
    last = max((one.case.number for one in read(file)), default=0)
    return [case_of(words.seed, last + 1 + index) for index in range(words.count)]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make campaign", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="names the campaign")
    parser.add_argument("--count", type=int, default=100, help="so many cases more")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no case later")
    parser.add_argument("--case", type=int, help="only this one again")
    parser.add_argument("--keep", action="store_true", help="keep what became of it, too")
    parser.add_argument("--page-only", action="store_true", help="break nothing")
    parser.add_argument("--root", type=Path, default=Path(), help="the source tree")
    parser.add_argument("--place", type=Path, default=Path(_HOSTS), help="for the hosts")
    return parser.parse_args(argv)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
