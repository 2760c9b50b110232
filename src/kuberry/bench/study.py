"""``python -m kuberry.bench.study``: the same preparation of the same hosts by several methods."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kuberry.bench import study_page, study_site, study_wire
from kuberry.bench.ansible import bring_python
from kuberry.bench.machine import commit, describe
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import measure
from kuberry.bench.study_figures import Phase, Study, Trial, table
from kuberry.bench.study_methods import METHODS, Method, write_inventories
from kuberry.errors import KuberryError
from kuberry.settings import Settings

SIZES = (3, 10, 30)
_ROUNDS = {3: 3, 10: 1, 30: 1}
_DEADLINE_S = 600.0
_STATUS = re.compile(r"exit status (-?\d+)")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what *argv* asks for, keep the raw data and show the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, choices=SIZES, default=SIZES)
    names = [one.name for one in METHODS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these methods")
    parser.add_argument("--rounds", type=int, help="so many of each; default: 3, 1, 1")
    parser.add_argument("--short", action="store_true", help="kept as *-study-short.json")
    parser.add_argument("--add", action="store_true", help="to the newest, other sizes")
    parser.add_argument("--root", type=Path, default=Path(), help="the source tree")
    words = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # take the lab down then, too
    try:
        study = _run(words)
    except KuberryError as error:
        _say(f"error: {error.message}\n  → {error.remedy}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing is kept")
        return 130
    path = _keep(study, words)
    sys.stdout.write(table(study))
    _say(f"raw data: {path}")
    return 0


def _keep(study: Study, words: argparse.Namespace) -> Path:
    """Write *study* to the raw data, and its table to the page where it is no short one."""
    kind = "study-short" if words.short else "study"
    path: Path = words.root / "bench/results" / f"{study.started:%Y%m%d-%H%M}-{kind}.json"
    known = study_page.newest(words.root)
    if words.add and known is not None:
        path, study = known, study_page.load(known).with_more(study)
    path.write_text(study.model_dump_json(indent=1) + "\n", "utf-8")
    study_page.write(words.root)
    return path


def in_turn(methods: Sequence[Method], number: int) -> tuple[Method, ...]:
    """Return the order of round *number*: every other one is the one before, the other way round.

    So each method runs before any other one as often as after it.
    """
    start = number // 2 % len(methods)
    order = (*methods[start:], *methods[:start])
    return order if number % 2 == 0 else order[::-1]


def _run(words: argparse.Namespace) -> Study:
    root: Path = words.root.resolve()
    methods = tuple(one for one in METHODS if one.name in words.only)
    started, zero = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kuberry-study-", dir="/var/tmp") as directory:
        place = Place(Path(directory), root / "bench/peers", Settings().cache_dir / "bench")
        study_site.write(place.site)
        for one in methods:
            one.install(place)
        trials: list[Trial] = []
        try:
            for size in words.sizes:
                for trial in _of_size(place, methods, size, words.rounds or _ROUNDS[size]):
                    _tell(trial)
                    trials.append(trial)
        finally:
            place.no_lab()
        return Study(
            started=started,
            duration_s=round(time.monotonic() - zero, 1),
            commit=commit(root),
            machine=describe(dict(one.package.split("==") for one in methods if one.package)),
            lines={one.name: one.lines(place) for one in methods},
            trials=tuple(trials),
        )


def _of_size(place: Place, methods: Sequence[Method], size: int, rounds: int) -> Iterator[Trial]:
    hosts = tuple(f"pi{number:02}" for number in range(1, size + 1))
    place.fresh_lab(hosts)
    bring_python(place, hosts)
    write_inventories(place, hosts)
    for number in range(rounds):
        for method in in_turn(methods, number):
            study_site.clean(place, hosts)
            yield _trial(place, method, hosts, "first")
            yield _trial(place, method, hosts, "again")
    place.run("lab", "poweroff", hosts[-1])
    for method in methods:
        study_site.clean(place, hosts[:-1])
        yield _trial(place, method, hosts, "dead")


def _trial(place: Place, method: Method, hosts: Sequence[str], phase: Phase) -> Trial:
    lab = place.lab()
    if lab is None:
        raise KuberryError("the lab is gone")
    with study_wire.counted(lab):
        before = study_wire.read(lab)
        done = measure(method.words(place, hosts), deadline_s=_DEADLINE_S)
        crossed = study_wire.read(lab).since(before)
    said = done.sample.fault
    found = _STATUS.match(said)
    status = int(found[1]) if found else None if said else 0
    living = hosts[:-1] if phase == "dead" else hosts
    wrong = study_site.fault(place, living)
    if phase != "dead":
        wrong = "; ".join(one for one in (said, wrong) if one)
    return Trial(
        method=method.name,
        hosts=len(hosts),
        phase=phase,
        seconds=done.sample.seconds,
        status=status,
        load=done.sample.load,
        fault=wrong.replace("|", "/").replace("\n", " "),
        **crossed,
    )


def _tell(one: Trial) -> None:
    _say(
        f"{one.hosts:3} {one.phase:6}{one.method:17}{one.seconds:8.2f} s "
        f"{one.link_bytes / 1e6:8.1f} MB {one.logins:4} logins, status {one.status} {one.fault}"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
