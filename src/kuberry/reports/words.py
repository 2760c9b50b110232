"""How numbers and states are said on the page."""

from __future__ import annotations

from kuberry.hostlist import fold
from kuberry.model.document import RunDocument
from kuberry.model.finding import Outcome

_MIB = 1 << 20
_KIB = 1 << 10
_MINUTE_S = 60
_WHOLE_FROM_S = 10
_OUTCOMES = {
    "done": ("done", "good"),
    "unchanged": ("nothing to do", "good"),
    "partly-done": ("partly done", "warn"),
    "unverified": ("not proven", "bad"),
    "unreachable": ("hosts not reached", "bad"),
    "busy": ("another run is at work", "warn"),
    "refused": ("refused by the checks", "bad"),
    "failed": ("failed", "bad"),
    "error": ("ended by an error", "bad"),
}
_ENDINGS = {
    "done": "good",
    "unchanged": "good",
    "blocked": "warn",
    "busy": "warn",
    "failed": "bad",
    "unreachable": "bad",
}


def seconds(value: float) -> str:
    """Return *value* seconds for people: ``0.42 s``, ``12 s``, ``2 min 05 s``."""
    if value < _WHOLE_FROM_S:
        return f"{value:.2f} s" if round(value, 2) < 1 else f"{value:.1f} s"
    if round(value) < _MINUTE_S:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), _MINUTE_S)
    return f"{minutes} min {rest:02d} s"


def size(value: int) -> str:
    """Return *value* bytes for people; nothing for none."""
    if not value:
        return ""
    if value < _MIB:
        return f"{max(1, round(value / _KIB))} KiB"
    return f"{value / _MIB:.1f} MiB" if value < 10 * _MIB else f"{value / _MIB:.0f} MiB"


def outcome(document: RunDocument) -> tuple[str, str]:
    """Return the end of the run in a few words, and whether it is good, bad or in between."""
    run = document.run
    if run.state == "running":
        return "still running", "warn"
    if run.state == "interrupted":
        return "interrupted", "warn"
    return _OUTCOMES.get(run.outcome, (run.outcome or "ended", "warn"))


def ending(word: str) -> str:
    """Return whether the ending of a host is good, bad or in between."""
    return _ENDINGS.get(word, "warn")


def facts(document: RunDocument) -> tuple[tuple[str, str], ...]:
    """Return the numbers at the top of the page, each with its name."""
    steps = [step for host in document.hosts for step in host.steps]
    well = sum(1 for host in document.hosts if ending(host.ending) == "good")
    found = [("time", seconds(document.duration_s))]
    if any(host.ending for host in document.hosts):
        found.append(("hosts as they should be", f"{well} of {len(document.hosts)}"))
    if steps:
        found.append(("steps", str(len(steps))))
    if sent := sum(step.bytes_sent for step in steps):
        found.append(("sent", size(sent)))
    asked = [one for one in document.probes if one.outcome in {Outcome.OK, Outcome.FAIL}]
    if asked:
        good = sum(1 for one in asked if one.outcome is Outcome.OK)
        found.append(("probes that hold", f"{good} of {len(asked)}"))
    return tuple(found)


def hosts(document: RunDocument) -> str:
    """Return the hosts of the run as one expression."""
    return fold(host.host for host in document.hosts)
