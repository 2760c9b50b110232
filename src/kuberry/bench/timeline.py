"""Where the time of one run of our program goes, by the moments at which it says what it does."""

from __future__ import annotations

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from kuberry.bench.figures import Part
from kuberry.errors import CommandFailed

START = "start: Python, imports, bundle, the lines remembered"
_PLAN, _AFTER = "plan", "kubeconfig of the user"
_END = "end: close the connections, tell the result, leave Python"
Moment = tuple[float, str]


def parts_of(words: Sequence[str], repetitions: int) -> tuple[Part, ...]:
    """Run *words*, which must write events as JSON lines to standard error; return its parts.

    Raises:
        CommandFailed: It failed.
    """
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(repetitions):
        for name, length_s in lengths(*_watch(words)):
            seconds[name].append(round(length_s, 4))
    return tuple(Part(name=name, seconds=tuple(found)) for name, found in seconds.items())


def lengths(moments: Iterable[Moment], end_s: float) -> list[tuple[str, float]]:
    """Return each part with its length, from the *moments* (seconds, event) at which events came.

    Args:
        end_s: Seconds from the start to the end of the program.
    """
    found, name, since_s = [], START, 0.0
    for at_s, line in moments:
        following = _begins(line)
        if following and following != name:
            found.append((name, at_s - since_s))
            name, since_s = following, at_s
    return [*found, (name, end_s - since_s)]


def _begins(line: str) -> str:
    """Return the part that begins with this event; nothing where none does."""
    try:
        event = json.loads(line)["event"]
    except (ValueError, KeyError):
        return ""
    match event["kind"]:
        case "phase":
            return str(event["message"])
        case "plan-started":
            return _PLAN
        case "host-ended":
            return _AFTER
        case "run-ended":
            return _END
        case _:
            return ""


def _watch(words: Sequence[str]) -> tuple[list[Moment], float]:
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 -- our own program
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        moments = [(time.monotonic() - began, line) for line in process.stderr or ()]
    end_s = time.monotonic() - began
    if process.returncode:
        said = "".join(line for _, line in moments)
        status = process.returncode
        raise CommandFailed(f"{words[0]} failed", command="", exit_status=status, stderr=said)
    return moments, end_s
