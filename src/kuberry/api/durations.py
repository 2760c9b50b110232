"""How long steps took in earlier runs."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from kuberry.errors import KuberryError
from kuberry.model.durations import Durations
from kuberry.model.report import RunReport
from kuberry.settings import Settings

_RUNS = 10


def durations(*, settings: Settings | None = None) -> Durations:
    """Return how long steps took in the newest runs; nothing where none is known.

    A journal that cannot be read is no reason to stop: then nothing is known.
    """
    from kuberry.journal.read import Journal  # noqa: PLC0415 -- SQLAlchemy takes its time

    journal = Journal((settings or Settings()).journal_file)
    try:
        reports = [journal.find(one.id).report for one in journal.runs(limit=_RUNS) if one.ended]
    except KuberryError:
        return Durations()
    return medians([one for one in reports if one is not None])


def medians(reports: list[RunReport]) -> Durations:
    """Return the medians of the steps that succeeded."""
    hosts: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    steps: defaultdict[str, list[float]] = defaultdict(list)
    for host in (one for report in reports for one in report.hosts):
        for step in (one for one in host.steps if one.ok):
            hosts[host.host][step.id].append(step.ended_s - step.started_s)
            steps[step.id].append(step.ended_s - step.started_s)
    return Durations(
        by_host={
            name: {step: median(seconds) for step, seconds in known.items()}
            for name, known in hosts.items()
        },
        by_step={step: median(seconds) for step, seconds in steps.items()},
    )
