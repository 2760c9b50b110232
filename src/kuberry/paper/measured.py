"""Sections on the benchmarks: each comparison belongs to one, and none is left out; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from kuberry.bench.figures import BenchRun, Comparison
from kuberry.paper.content import Plot, Section, Spread, Table, Waterfall, spread, told
from kuberry.paper.waterfall import spans_of, typical

_GROUPS = {
    "deploy": ("Deploy by number of hosts", ("deploy",)),
    "again": ("The same line again", ("again", "ansible")),
    "facts": ("Facts of many hosts", ("facts",)),
    "fan-out": ("Fan-out of files", ("fan-out",)),
    "queue": ("The queue", ("jobs",)),
    "api": ("The server under load", ("server", "events")),
}
_BELOW = (
    "Below 1 ours took less time than what it is set against. "
    "A diamond is the most that was wished for."
)
_SET = "not measured"  # what a comparison says of another side that is a limit
_OTHER = ("other", "Other comparisons")
_NO_SIZES = (
    "Other numbers of hosts: a deploy was measured with one number of hosts alone, "
    "so how its time grows with them cannot be said."
)
_HIDDEN_WAITS = (
    "In the waterfall a hatched step does nothing but wait. A solid one may contain a wait for a "
    "value of another host, such as a join token: the raw data do not tell."
)
_NO_CHAIN = (
    "The critical path: raw data of the benchmarks hold when steps ended and how long they took, "
    "and not which values they waited for. The report that every run writes has it."
)


def sections(run: BenchRun | None, wished: Mapping[str, str]) -> Iterator[Section]:
    """Yield the sections of all comparisons.

    Args:
        wished: Titles of all comparisons that there can be, by name; some may not be in *run*.
    """
    there = run.comparisons if run else ()
    for name, (title, prefixes) in _GROUPS.items():
        found = tuple(one for one in there if one.name.startswith(prefixes))
        names = {one.name for one in found}
        gaps = {key: text for key, text in wished.items() if key.startswith(prefixes)}
        missing = tuple(f"{gaps[key]}: not measured." for key in gaps if key not in names)
        section = _section(name, title, found, missing if names or gaps else ("Not measured.",))
        yield _with_waterfall(section, found) if name == "deploy" else section
    known = tuple(prefix for _, prefixes in _GROUPS.values() for prefix in prefixes)
    rest = tuple(one for one in there if not one.name.startswith(known))
    seen = (*known, *(one.name for one in rest))
    unseen = tuple(
        f"{text}: not measured." for key, text in wished.items() if not key.startswith(seen)
    )
    if rest or unseen:
        yield _section(*_OTHER, rest, unseen)


def overview(run: BenchRun) -> Section:
    """Return all ratios beside each other, with what was wished for."""
    lines = tuple(line for one in run.comparisons for line in spread(one.title, "", one.ratios))
    marks = tuple((one.title, one.wanted) for one in run.comparisons)
    heads = ("comparison", "ratio", "wished, at most", "verdict", "commit", "does not count")
    rows = tuple(
        (
            one.title,
            "none" if one.ratio is None else told(one.ratio),
            told(one.wanted),
            one.verdict,
            one.commit or run.commit,
            "; ".join(filter(None, (one.fault, *one.faults))),
        )
        for one in run.comparisons
    )
    plots = (Plot("ratios", "Ratios", "ours / theirs", lines, marks),)
    return Section(
        "overview",
        "All ratios",
        (_BELOW,),
        plots if lines else (),
        (Table("What was wished for and what came", heads, rows),),
    )


def is_measured(one: Comparison) -> bool:
    """Return whether the other side of *one* was measured, and is no limit set beforehand."""
    return _SET not in one.theirs


def earlier(runs: Mapping[str, BenchRun]) -> Section:
    """Return what full runs told that a newer one has replaced, so that none is forgotten.

    Args:
        runs: By file.
    """
    heads = ("file", "comparison", "ratio", "smallest", "largest", "pairs", "verdict")
    rows = tuple(
        (file, one.title, told(lines[0].median), *_ends(lines[0]), one.verdict)
        for file, run in runs.items()
        for one in run.comparisons
        if (lines := spread(one.title, "", one.ratios))
    )
    none = () if rows else ("There is none.",)
    text = ("Nothing else in this report is made of these runs.",)
    tables = (Table("Replaced by the newest run", heads, rows),) if rows else ()
    return Section("earlier", "Earlier full runs", text, (), tables, none)


def _ends(line: Spread) -> tuple[str, ...]:
    return (told(line.low), told(line.high), str(line.rounds))


def _section(
    name: str, title: str, found: tuple[Comparison, ...], missing: tuple[str, ...]
) -> Section:
    text = tuple(_told(one) for one in found)
    lines = tuple(line for one in found for line in _seconds(one))
    plots = [Plot(f"{name}-seconds", title, "seconds", lines)] if lines else []
    plots += [
        Plot(f"{one.name}-parts", f"{one.title}: measured beside it", "seconds", parts)
        for one in found
        if (parts := _parts(one))
    ]
    heads = ("comparison", "first", "ours, s", "theirs, s", "ratio", "load before each")
    rows = tuple(row for one in found for row in _rows(one))
    tables = (Table(f"{title}: every pair", heads, rows),) if rows else ()
    return Section(name, title, text, tuple(plots), tables, missing)


def _with_waterfall(section: Section, found: tuple[Comparison, ...]) -> Section:
    pictures = [*section.pictures]
    for one in found:
        pair = typical(one)
        spans = spans_of(pair.ours.notes) if pair else ()
        if spans:
            title = f"{one.title}: the steps of the pair in the middle"
            pictures.append(Waterfall(f"{one.name}-waterfall", title, spans))
    gaps = (*section.missing, *((_NO_SIZES,) if len(found) == 1 else ()), _NO_CHAIN)
    text = (*section.text, _HIDDEN_WAITS)
    return dataclasses.replace(section, text=text, pictures=tuple(pictures), missing=gaps)


def _told(one: Comparison) -> str:
    what = f"{one.title}: ours is {one.ours}; theirs is {one.theirs}. "
    if one.ratio is None:
        return f"{what}No figure: {one.fault or 'no pair counts'}."
    low, high = min(one.ratios), max(one.ratios)
    later = f" Measured at commit {one.commit}." if one.commit else ""
    theirs = "as long as theirs" if is_measured(one) else "the limit that was set"
    return (
        f"{what}Ours took {told(one.ratio)} times {theirs}, {told(low)} to {told(high)} "
        f"in {len(one.ratios)} of {len(one.pairs)} pairs that count; "
        f"at most {told(one.wanted)} was wished for: {one.verdict}.{later}"
    )


def _seconds(one: Comparison) -> Iterator[Spread]:
    counting = [pair for pair in one.pairs if pair.counts]
    yield from spread(one.title, "ours", [pair.ours.seconds for pair in counting])
    if is_measured(one):
        yield from spread(one.title, "theirs", [pair.theirs.seconds for pair in counting])


def _parts(one: Comparison) -> tuple[Spread, ...]:
    return tuple(line for part in one.parts for line in spread(part.name, "", part.seconds))


def _rows(one: Comparison) -> Iterator[tuple[str, ...]]:
    for pair in one.pairs:
        yield (
            one.title,
            pair.first,
            told(pair.ours.seconds),
            f"{told(pair.theirs.seconds)}{'' if is_measured(one) else ' (limit)'}",
            told(pair.ratio) if pair.counts else "does not count",
            f"{pair.ours.load:g}, {pair.theirs.load:g}",
        )
