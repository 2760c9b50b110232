"""Raw data of the base-method study, as they are kept."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from kuberry.bench.figures import Machine
from kuberry.model.value import Value

Phase = Literal["first", "again", "dead"]
"""On hosts without anything of it; once more; on hosts without anything, one of them switched off.
"""


class Trial(Value):
    """One method, once, on so many hosts.

    Attributes:
        status: How the program ended; ``None`` when it was killed for its length.
        controller_bytes: That went between the controller and the hosts, both ways.
        link_bytes: That went over the links of all hosts, both ways: between hosts it counts twice.
        packets: Between the controller and the hosts, both ways.
        logins: TCP connections that the controller opened to SSH.
        load: Of this machine before the start.
        fault: Why it does not count: what is not as it has to be on a host that lives.
    """

    method: str
    hosts: int
    phase: Phase
    seconds: float
    status: int | None
    controller_bytes: int
    link_bytes: int
    packets: int
    logins: int
    load: float
    fault: str = ""


class Study(Value):
    """One run of the study.

    Attributes:
        lines: Of each method's recipe, without blank ones and remarks.
    """

    schema_version: Literal[1] = 1
    started: datetime
    duration_s: float
    commit: str
    machine: Machine
    lines: dict[str, int]
    trials: tuple[Trial, ...]

    def of(self, method: str, hosts: int, phase: Phase) -> tuple[Trial, ...]:
        """Return the trials of one cell that count."""
        return tuple(
            one
            for one in self.trials
            if (one.method, one.hosts, one.phase) == (method, hosts, phase) and not one.fault
        )

    def ratio(self, method: str, hosts: int, phase: Phase) -> float | None:
        """Return the median of ours divided by theirs, round by round; ``None`` without any."""
        pairs = zip(
            self._rounds("kuberry", hosts, phase), self._rounds(method, hosts, phase), strict=False
        )
        ratios = [a.seconds / b.seconds for a, b in pairs if not (a.fault or b.fault)]
        return statistics.median(ratios) if ratios else None

    def with_more(self, more: Study) -> Study:
        """Return this study with the trials of *more*, a later run on other numbers of hosts.

        Where both have a number of hosts, that of *more* counts.
        """
        again = {one.hosts for one in more.trials}
        kept = tuple(one for one in self.trials if one.hosts not in again)
        trials = sorted((*kept, *more.trials), key=lambda one: one.hosts)
        return self.model_copy(
            update={
                "duration_s": round(self.duration_s + more.duration_s, 1),
                "commit": ", ".join(dict.fromkeys((self.commit, more.commit))),
                "trials": tuple(trials),
            }
        )

    def _rounds(self, method: str, hosts: int, phase: Phase) -> Iterator[Trial]:
        cell = (method, hosts, phase)
        return (one for one in self.trials if (one.method, one.hosts, one.phase) == cell)


def table(study: Study) -> str:
    """Return the study's table in Markdown; a cell that has no figure says so."""
    heads = (
        "hosts",
        "phase",
        "method",
        "seconds",
        "ours / theirs",
        "MB from and to the controller",
        "MB on all links",
        "packets",
        "logins",
        "exit status",
        "does not count",
    )
    lines = [f"| {' | '.join(heads)} |\n", f"|{'---|' * len(heads)}\n"]
    cells = dict.fromkeys((one.hosts, one.phase, one.method) for one in study.trials)
    return "".join([*lines, *(_row(study, *cell) for cell in cells)])


def _row(study: Study, hosts: int, phase: Phase, method: str) -> str:
    good = study.of(method, hosts, phase)
    cell = (hosts, phase, method)
    faults = [one.fault for one in study.trials if (one.hosts, one.phase, one.method) == cell]
    said = "; ".join(dict.fromkeys(fault for fault in faults if fault))
    if not good:
        return f"| {hosts} | {phase} | {method} |{' none |' * 7} {said} |\n"
    ratio = study.ratio(method, hosts, phase)
    share = "none" if ratio is None else f"{ratio:.2f}"
    mean = statistics.median
    return (
        f"| {hosts} | {phase} | {method} | {mean(one.seconds for one in good):.2f} | {share} "
        f"| {mean(one.controller_bytes for one in good) / 1e6:.2f} "
        f"| {mean(one.link_bytes for one in good) / 1e6:.2f} "
        f"| {mean(one.packets for one in good):.0f} | {mean(one.logins for one in good):.0f} "
        f"| {', '.join(sorted({str(one.status) for one in good}))} | {said} |\n"
    )
