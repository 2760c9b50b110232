"""``python -m kuberry.bench``: measure, keep the raw data, write the page."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from kuberry.bench.ansible import Ansible
from kuberry.bench.figures import BenchRun, Comparison, Pair
from kuberry.bench.machine import commit, describe
from kuberry.bench.page import page
from kuberry.bench.place import Place
from kuberry.bench.scenarios import SCENARIOS, Scenario
from kuberry.errors import KuberryError
from kuberry.settings import Settings

_BUILD_DEADLINE_S = 14400.0
_PAGE = "docs/benchmarks.md"
_NOT_YET = "not measured in this run"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what *argv* asks for and return the exit code: whether all was measured.

    A figure that misses what we want of it is no failure: it is published.
    """
    words = _arguments(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # take the lab down then, too
    root: Path = words.root.resolve()
    if not words.page_only:
        try:
            run = _run(root, words)
        except KuberryError as error:
            _say(f"error: {error.message}\n  → {error.remedy}")
            return 1
        except KeyboardInterrupt:
            _say("interrupted; nothing is kept")
            return 130
        _keep(root, run, add=words.add)
    write_page(root)
    return 0


def newest(root: Path) -> Path | None:
    """Return the newest raw data that are published: those of a full run."""
    return max((root / "bench/results").glob("*-full.json"), default=None)


def page_of(root: Path, source: Path) -> str:
    """Return the page of the raw data in *source*, with the remarks of the source tree."""
    run = BenchRun.model_validate_json(source.read_bytes())
    remarks = {path.stem: path.read_text("utf-8") for path in (root / "bench/remarks").glob("*.md")}
    there = {one.name: one for one in run.comparisons}
    found = tuple(there.get(one.name) or one.comparison(fault=_NOT_YET) for one in SCENARIOS)
    return page(run.model_copy(update={"comparisons": found}), source.name, remarks)


def write_page(root: Path) -> None:
    """Write the page of the newest raw data, where there are any."""
    source = newest(root)
    if source:
        (root / _PAGE).write_text(page_of(root, source), "utf-8")
        _say(f"{_PAGE} tells of bench/results/{source.name}")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    names = [one.name for one in SCENARIOS]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="few repetitions, not published")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these figures")
    parser.add_argument("--pairs", type=int, help="so many of each; odd; default: enough")
    parser.add_argument("--add", action="store_true", help="to the newest, figure by figure")
    parser.add_argument("--page-only", action="store_true", help="measure nothing")
    parser.add_argument("--root", type=Path, default=Path(), help="the source tree")
    return parser.parse_args(argv)


def _run(root: Path, words: argparse.Namespace) -> BenchRun:
    scenarios = [one for one in SCENARIOS if one.name in words.only]
    started, zero = datetime.now(UTC), time.monotonic()
    tools = Settings().cache_dir / "bench"
    # /var/tmp, because containerd needs a real file system below it, which /tmp may not be.
    with tempfile.TemporaryDirectory(prefix="kuberry-bench-", dir="/var/tmp") as directory:
        place = Place(Path(directory), root / "bench/peers", tools)
        try:
            place.run("lab", "bundle", deadline_s=_BUILD_DEADLINE_S)
            found = tuple(
                _measure(one, place, words.pairs or one.repetitions[words.short])
                for one in scenarios
            )
        finally:
            place.no_lab()
        return BenchRun(
            kind="short" if words.short else "full",
            started=started,
            duration_s=round(time.monotonic() - zero, 1),
            commit=commit(root),
            machine=describe({"ansible-core": Ansible(place).version()}),
            comparisons=found,
        )


def _measure(scenario: Scenario, place: Place, count: int) -> Comparison:
    _say(f"\n{scenario.title}  (ours, theirs, ratio, load)")
    found = scenario.measure(place, count, _tell)
    ratio = "none" if found.ratio is None else f"{found.ratio:.2f}"
    _say(f"  median {ratio}, wanted at most {found.wanted:.2f}: {found.verdict} {found.fault}")
    for part in found.parts:
        _say(f"    {part.median_s:7.2f} s  {part.name}")
    return found


def _tell(pair: Pair) -> None:
    mine, other = pair.ours, pair.theirs
    numbers = f"{mine.seconds:9.2f} s {other.seconds:9.2f} s {pair.ratio:8.2f} {mine.load:8.2f}"
    _say("  ".join([numbers, *(fault for fault in (mine.fault, other.fault) if fault)]))


def _keep(root: Path, run: BenchRun, *, add: bool) -> None:
    """Write the raw data; *add* puts them to the newest, whatever source those are of."""
    source = newest(root) if add else None
    before = BenchRun.model_validate_json(source.read_bytes()) if source else None
    if before:
        run = before.with_more(run)
    path = root / "bench/results" / f"{run.started:%Y%m%d-%H%M}-{run.kind}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(run.model_dump_json(indent=1) + "\n", "utf-8")
    _say(f"\nraw data: {path.relative_to(root)}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
