"""Sections on the campaign: what was struck, when, and what became of it; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kuberry.campaign.case import COMMANDS, FAULTS, State
from kuberry.campaign.record import CaseRecord, End, LineRun
from kuberry.paper.content import Plot, Section, Spread, Table, spread

_ENDS: tuple[End, ...] = ("withstood", "healed", "failed", "not struck")
_HOSTS: dict[State, str] = {"pair": "two hosts", "single": "one host"}
_NO_LARGER = "Verify of more than two hosts: the raw data hold what the campaign asked for alone."
_METHOD = (
    "A case is one line on two lab hosts with a real Kubernetes and one fault in the middle of it, "
    "at a random moment of a random step. Then the cause is taken away, nothing else is mended, "
    "and the same line has to end well; verify, or a look at hosts that were reset, proves it. "
    "Withstood: the line ended well in spite of the fault. Healed: the same line did so later. "
    "Not struck: it was over before its moment had come, and counts for nothing."
)


def campaign(records: Sequence[CaseRecord], causes: Mapping[str, str]) -> Section:
    """Return the section on the campaign.

    Args:
        causes: What was found out about cases that failed, by their names.
    """
    title = "Faults in the middle: the campaign"
    if not records:
        return Section("campaign", title, missing=("No case was tried.",))
    again = _again(records)
    plot = Plot("campaign-again", "The same line, once the cause is gone", "seconds", again)
    return Section(
        "campaign",
        title,
        (_METHOD, summary(records)),
        (plot,) if again else (),
        (_by_fault(records), _failures(records, causes), _cases(records)),
    )


def summary(records: Sequence[CaseRecord]) -> str:
    """Return in one sentence what became of all cases."""
    ends = [one.end for one in records]
    counts = ", ".join(f"{ends.count(end)} {end}" for end in _ENDS)
    names = {one.name for one in records}
    return f"{len(records)} runs of {len(names)} cases: {counts}."


def verified(records: Sequence[CaseRecord]) -> Section:
    """Return how long the proof of a cluster took where it was asked for after a fault."""
    title = "Verify"
    lines = tuple(
        line
        for state, said in _HOSTS.items()
        for line in spread(
            said, "", [one.seconds for one in _verifies(records, state) if not one.status]
        )
    )
    if not lines:
        return Section("verify", title, missing=("Verify was not measured.",))
    tries = sum(len(tuple(_verifies(records, state))) for state in _HOSTS)
    good = sum(one.rounds for one in lines)
    text = (
        f"The campaign asked verify {tries} times, right after a fault and under whatever load "
        f"there was; {good} of them ended well, and only these are shown."
    )
    plot = Plot("verify-seconds", "Verify in the campaign", "seconds", lines)
    return Section("verify", title, (text,), (plot,), missing=(_NO_LARGER,))


def _verifies(records: Sequence[CaseRecord], state: State) -> Iterator[LineRun]:
    for one in records:
        if one.case.after == state:
            yield from (check for check in one.checks if check.words[:1] == ("verify",))


def _again(records: Sequence[CaseRecord]) -> tuple[Spread, ...]:
    return tuple(
        line
        for command in COMMANDS
        for end in _ENDS[:2]
        for line in spread(
            command,
            end,
            [one.again_s for one in records if (one.case.command, one.end) == (command, end)],
        )
    )


def _by_fault(records: Sequence[CaseRecord]) -> Table:
    rows = []
    for fault in FAULTS:
        ends = [one.end for one in records if one.case.fault == fault]
        if ends:
            rows.append((fault, str(len(ends)), *(str(ends.count(end)) for end in _ENDS)))
    return Table("What was struck, and the outcome", ("fault", "runs", *_ENDS), tuple(rows))


def _failures(records: Sequence[CaseRecord], causes: Mapping[str, str]) -> Table:
    heads = ("case", "line", "fault", "reason", "cause", "the same case later")
    rows = tuple(
        (
            one.name,
            one.case.command,
            one.case.fault,
            one.reason,
            causes.get(one.name, "not found"),
            ", ".join(
                later.end
                for later in records
                if later.name == one.name and later.started > one.started
            )
            or "not done again",
        )
        for one in records
        if one.end == "failed"
    )
    return Table("Cases that failed", heads, rows)


def _cases(records: Sequence[CaseRecord]) -> Table:
    heads = ("case", "line", "fault", "struck", "in step", "after, s", "outcome", "again, s")
    rows = tuple(
        (
            one.name,
            one.case.command,
            one.case.fault,
            one.strike.victim,
            f"{one.strike.host}: {one.strike.step}",
            "never" if one.strike.after_s is None else f"{one.strike.after_s:.1f}",
            one.end,
            f"{one.again_s:.0f}",
        )
        for one in records
    )
    return Table("Every case: what was struck, when, and what became of it", heads, rows)
