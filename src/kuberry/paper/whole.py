"""All sections of the report in their order, and what can be said of them together; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kuberry.bench.figures import BenchRun, Comparison
from kuberry.paper.broken import campaign, summary, verified
from kuberry.paper.content import Section, told
from kuberry.paper.measured import earlier, is_measured, overview, sections
from kuberry.paper.methods import base_methods
from kuberry.paper.sources import Sources

_GIB = 1 << 30
_FEW = 3
_NOTHING = "No benchmark was run to its end."
_ONE_MACHINE = (
    "One machine: hosts compete with each other, with the controller and with other work for its "
    "cores; order alternates, but load that comes and goes within a pair stays in its ratio. "
    "One architecture, one system, one version of Kubernetes."
)
_SAME_HANDS = (
    "Both sides were written by the same people: the scripts and playbooks of the other side lie "
    "in bench/peers/, to be made quicker by who knows how."
)
_POWER = (
    "In the campaign a cut of the power ends all processes at once, and loses nothing that was "
    "written and not yet synced, as it can on a card."
)
_NEVER = (
    Section(
        "idle",
        "The cluster at rest",
        missing=("Memory and processor time of an idle cluster: not measured.",),
    ),
)


def whole(sources: Sources, wished: Mapping[str, str]) -> tuple[Section, ...]:
    """Return all sections of the report.

    Args:
        wished: Titles of all comparisons that there can be, by name.
    """
    found = [
        Section("abstract", "Abstract", tuple(_abstract(sources))),
        Section("method", "Method", tuple(_method(sources))),
        Section("limits", "Hardware and limits", tuple(_limits(sources))),
        *((overview(sources.bench),) if sources.bench else ()),
        *sections(sources.bench, wished),
        verified(sources.records),
        campaign(sources.records, sources.causes),
        base_methods(sources.study),
        earlier(sources.earlier),
        *_NEVER,
    ]
    gaps = tuple(f"{one.title}: {gap}" for one in found for gap in one.missing)
    found.append(Section("discussion", "Discussion", tuple(_discussion(sources.bench))))
    found.append(_threats(sources, gaps))
    return tuple(found)


def _abstract(sources: Sources) -> Iterator[str]:
    yield (
        "kuberry turns a list of hosts into a proven Kubernetes cluster. This report tells how "
        "long that takes beside other ways to the same end, and what becomes of it under faults."
    )
    if sources.bench:
        there = sources.bench.comparisons
        kept = [one for one in there if one.verdict == "kept"]
        single = [one for one in kept if len(one.ratios) == 1]
        yield (
            f"Of {len(there)} comparisons {len(kept)} kept what was wished for, {len(single)} of "
            f"these with a single pair. {_missed(there)}"
        )
    else:
        yield _NOTHING
    yield summary(sources.records) if sources.records else "No case of the campaign was tried."
    if sources.study is None:
        yield "No run of the study of base methods is in the raw data."


def _missed(there: tuple[Comparison, ...]) -> str:
    missed = (
        f"{one.title} ({'no figure' if one.ratio is None else told(one.ratio)}, "
        f"at most {told(one.wanted)} was wished for)"
        for one in there
        if one.verdict != "kept"
    )
    return f"Not kept: {'; '.join(missed) or 'none'}."


def _method(sources: Sources) -> Iterator[str]:
    yield (
        "Every comparison is a ratio within one run: ours divided by theirs, measured moments "
        "apart on the same machine, first one of them, then the other. The figure is the median "
        "of the ratios; whiskers are the smallest and the largest that were measured, and no "
        "interval of confidence. Seconds are shown for orientation."
    )
    yield (
        "A measurement counts only where its end was checked afterwards from outside. What does "
        "not count stays in the tables, with its reason."
    )
    if sources.bench:
        run = sources.bench
        yield (
            f"The benchmarks began on {run.started:%Y-%m-%d} at commit {run.commit} and took "
            f"{run.duration_s / 60:.0f} minutes together; figures of another commit say so."
        )
    if sources.records:
        days = sorted(f"{one.started:%Y-%m-%d}" for one in sources.records)
        commits = {one.versions.get("kuberry", "unknown") for one in sources.records}
        yield (
            f"The campaign went from {days[0]} to {days[-1]}, at {len(commits)} commits: "
            f"{', '.join(sorted(commits))}; campaign/results/README.md tells of those that are in "
            "no history."
        )


def _limits(sources: Sources) -> Iterator[str]:
    yield (
        "The hosts are virtual ones of the lab: containers of systemd on one machine, which they "
        "share with each other and with the controller. They are no Raspberry Pis. Disk and "
        "network are far quicker than a card and Ethernet, and what real hosts do side by side "
        "is done here one after the other. Nothing in this report was measured on a Pi."
    )
    if not sources.bench:
        return
    machine = sources.bench.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    yield (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / _GIB:.0f} GiB; "
        f"{machine.system}, Linux {machine.kernel}; {versions}."
    )
    loads = _loads(sources.bench)
    if loads:
        yield (
            f"Before the measurements {loads[0]:.1f} to {loads[-1]:.1f} processes were runnable "
            "(mean over a minute): those of the lab's hosts, and other work."
        )


def _loads(run: BenchRun) -> list[float]:
    pairs = (pair for one in run.comparisons for pair in one.pairs)
    return sorted(one.load for pair in pairs for one in (pair.ours, pair.theirs))


def _discussion(run: BenchRun | None) -> Iterator[str]:
    if run is None:
        yield _NOTHING
        return
    known = [one for one in run.comparisons if one.ratio is not None and is_measured(one)]
    for word, found in (
        ("less", [one for one in known if (one.ratio or 0) < 1]),
        ("not less", [one for one in known if (one.ratio or 0) >= 1]),
    ):
        names = "; ".join(
            f"{one.title} ({told(one.ratio or 0)} times {one.theirs})" for one in found
        )
        yield f"It took {word} time than what it is set against in: {names or 'none'}."
    yield _missed(run.comparisons)
    above = "; ".join(
        f"{one.title} (up to {max(one.ratios):.3g}, at most {one.wanted:.3g} was wished for)"
        for one in run.comparisons
        if one.verdict == "kept" and max(one.ratios) > one.wanted
    )
    yield f"Kept in the median, with single pairs above the wish: {above or 'none'}."
    yield (
        "What a figure is set against is not always a rival: a bare login, a script without "
        "records or locks, our own push to one host, or bare routes with the same answers is "
        "a floor. Each says what it is."
    )


def _threats(sources: Sources, gaps: tuple[str, ...]) -> Section:
    text = [_ONE_MACHINE, _SAME_HANDS, _POWER]
    if sources.bench:
        few = [one for one in sources.bench.comparisons if len(one.ratios) < _FEW]
        names = "; ".join(f"{one.title} ({len(one.ratios)})" for one in few)
        text.append(f"Fewer than {_FEW} pairs, so hardly any spread is known: {names or 'none'}.")
    return Section("threats", "Threats to validity", tuple(text), missing=gaps)
