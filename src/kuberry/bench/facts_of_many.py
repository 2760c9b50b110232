"""Facts of many hosts at once."""

from __future__ import annotations

import json

from kuberry.bench.figures import Sample
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import measure

COUNT = 50
HOSTS = tuple(f"pi{number:02}" for number in range(1, COUNT + 1))
EXPRESSION = f"pi[01-{COUNT}]"
LINE = ("status", "--hosts", EXPRESSION, "--output", "json")
_DEADLINE_S = 300.0


def hosts(place: Place) -> None:
    """Have fresh hosts, without Kubernetes."""
    place.fresh_lab(HOSTS)


def ours(place: Place) -> Sample:
    """Measure our program; a run that saw not all of them does not count."""
    done = measure(place.kuberry(*LINE), deadline_s=_DEADLINE_S)
    fault = done.sample.fault or fault_of(done.stdout)
    return done.sample.model_copy(update={"fault": fault})


def fault_of(output: str) -> str:
    """Return which hosts were not looked at in the JSON *output*; empty when all were."""
    rows = json.loads(output)["hosts"]
    seen = {row["host"] for row in rows if row["facts"] and row["facts"]["os"]}
    missing = sorted(set(HOSTS) - seen)
    return f"no facts of {', '.join(missing)}" if missing else ""
