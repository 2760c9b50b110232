"""The section on base methods: the same preparation by several programs; pure."""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.bench.study_figures import Phase, Study
from kuberry.paper.content import Plot, Section, Spread, Table, spread, told

_TITLE = "The same preparation by other methods"
_PHASES: dict[Phase, str] = {
    "first": "hosts without anything of it",
    "again": "once more",
    "dead": "one host switched off",
}


def base_methods(study: Study | None) -> Section:
    """Return the section on *study*, or that there is none."""
    if study is None:
        gap = "The study of base methods: no run of it is in the raw data."
        return Section("study", _TITLE, missing=(gap,))
    text = (
        f"Measured at commit {study.commit}. All methods bring the same files, units and program, "
        "and the end is looked at from outside. Ratios are ours divided by theirs, in one round."
    )
    plots = tuple(
        Plot(f"study-{phase}", f"{_TITLE}: {said}", "seconds", lines)
        for phase, said in _PHASES.items()
        if (lines := _lines(study, phase))
    )
    return Section("study", _TITLE, (text,), plots, (_all(study), _recipes(study)))


def _cells(study: Study, phase: Phase) -> Iterator[tuple[int, str]]:
    found = ((one.hosts, one.method) for one in study.trials if one.phase == phase)
    yield from sorted(dict.fromkeys(found), key=lambda cell: cell[0])


def _lines(study: Study, phase: Phase) -> tuple[Spread, ...]:
    return tuple(
        line
        for hosts, method in _cells(study, phase)
        for line in spread(
            f"{method}, {hosts} hosts",
            "ours" if method == "kuberry" else "theirs",
            [one.seconds for one in study.of(method, hosts, phase)],
        )
    )


def _all(study: Study) -> Table:
    heads = ("hosts", "phase", "method", "ours / theirs", "does not count")
    rows = []
    for phase in _PHASES:
        for hosts, method in _cells(study, phase):
            ratio = study.ratio(method, hosts, phase)
            faults = {
                one.fault
                for one in study.trials
                if (one.method, one.hosts, one.phase) == (method, hosts, phase) and one.fault
            }
            share = "none" if ratio is None else told(ratio)
            rows.append((str(hosts), phase, method, share, "; ".join(sorted(faults))))
    return Table("Every cell of the study", heads, tuple(rows))


def _recipes(study: Study) -> Table:
    rows = tuple((method, str(lines)) for method, lines in study.lines.items())
    return Table("Lines of each recipe, without blank ones and remarks", ("method", "lines"), rows)
