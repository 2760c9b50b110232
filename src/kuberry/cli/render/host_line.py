"""One host of a run: what it is to do, how far it is, how it feels, and how long it will take."""

from __future__ import annotations

import dataclasses

from rich.text import Text

from kuberry.cli.render.console import printable
from kuberry.model.durations import Durations, guess_for
from kuberry.model.event import (
    HostEnded,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kuberry.model.heat import HostFelt

GOOD_ENDS = frozenset({"done", "unchanged"})
MIB = 1 << 20
_BYTES_PER_STEP = 8 << 20  # what makes a step's bytes weigh as much as the step itself
_MINUTE_S, _HOUR_S = 60, 3600

OfHost = StepStarted | StepProgress | StepFinished | StepFailed | HostEnded | HostFelt


@dataclasses.dataclass(frozen=True, slots=True)
class Left:
    """How long it will take: *measured* in earlier runs, or an estimate for such a board."""

    seconds: float
    measured: bool

    def __str__(self) -> str:
        return ("" if self.measured else "≈") + span(self.seconds)


@dataclasses.dataclass(slots=True)
class HostLine:
    """One host of a run.

    Attributes:
        step: The one that is shown, of those under way the last that began.
        under_way: Title and beginning of each step, by its id: images are imported beside others.
        todo: Ids of the steps that have not begun; empty where they are not known.
        board: Its model, where that is known.
    """

    host: str
    steps: int = 0
    bytes_to_send: int = 0
    steps_done: int = 0
    bytes_sent: int = 0
    step: str = ""
    step_id: str = ""
    step_began: float = 0.0
    step_bytes: int = 0
    under_way: dict[str, tuple[str, float]] = dataclasses.field(default_factory=dict)
    todo: tuple[str, ...] = ()
    board: str = ""
    felt: HostFelt | None = None
    ending: str = ""
    failure: str = ""

    @property
    def fraction(self) -> float:
        """Return how much is done, 0 to 1."""
        if self.ending in GOOD_ENDS:
            return 1.0
        total = self.steps + self.bytes_to_send / _BYTES_PER_STEP
        done = self.steps_done + min(self.bytes_sent, self.bytes_to_send) / _BYTES_PER_STEP
        return min(done / total, 1.0) if total else 0.0

    def advance(self, event: OfHost, now: float) -> None:
        """Take what *event* says."""
        match event:
            case StepStarted():
                self.under_way[event.step] = (event.title, now)
                self._show(event.step)
                self._begin(event.step)
            case StepProgress():
                self.bytes_sent += event.bytes_sent
                self.step_bytes += event.bytes_sent if event.step == self.step_id else 0
            case StepFinished():
                self.steps_done += 1
                self.under_way.pop(event.step, None)
                if event.step == self.step_id:
                    self._show(next(reversed(self.under_way), ""))
            case StepFailed():
                self.failure = event.message
            case HostEnded():
                self.ending = event.ending
            case HostFelt():
                self.felt = event

    def _show(self, step: str) -> None:
        """Show *step*; where nothing is under way any more, what was shown last stays."""
        self.step_id, self.step_bytes = step, 0
        if step:
            self.step, self.step_began = self.under_way[step]

    def _begin(self, step: str) -> None:
        """Take the next step of that id away: several may have the same."""
        if step in self.todo:
            place = self.todo.index(step)
            self.todo = (*self.todo[:place], *self.todo[place + 1 :])

    def left(self, durations: Durations, now: float) -> Left | None:
        """Return how long it will take; ``None`` where that is over or cannot be said."""
        ahead = (*self.under_way, *self.todo)
        unknown = len(ahead) != self.steps - self.steps_done
        if self.ending or self.failure or unknown or not ahead:
            return None
        known = [durations.of(self.host, one) for one in ahead]
        guess = guess_for(self.board)
        seconds = sum(guess.step_s if one is None else one for one in known)
        for expected, (_, began) in zip(known, self.under_way.values(), strict=False):
            seconds -= min(now - began, guess.step_s if expected is None else expected)
        if not any(one is not None for one in known):
            seconds += max(self.bytes_to_send - self.bytes_sent, 0) / guess.bytes_per_s
        return Left(seconds, measured=None not in known)

    def rate(self, now: float) -> str:
        """Return how fast the step's bytes go."""
        seconds = now - self.step_began
        if self.ending or not self.step_bytes or seconds <= 0:
            return ""
        return f"{self.step_bytes / MIB / seconds:.1f} MiB/s"

    def amount(self) -> str:
        """Return how many bytes of how many have gone there."""
        if not self.bytes_to_send:
            return ""
        sent = min(self.bytes_sent, self.bytes_to_send) / MIB
        return f"{sent:.0f}/{self.bytes_to_send / MIB:.0f} MiB"

    def heat(self) -> Text:
        """Return its temperature, red where something is wrong."""
        felt = self.felt
        if felt is None or (felt.temperature_c is None and not felt.complaints):
            return Text()
        words = "!" if felt.temperature_c is None else f"{felt.temperature_c:.0f}°C"
        return Text(words, style="bold red" if felt.hot or felt.complaints else "")

    def doing(self, good: str) -> Text:
        """Return what it does, or how it ended.

        Args:
            good: The word for a host that has got where it was to get.
        """
        if self.ending == "done":
            return Text(good, style="green")
        if self.ending in GOOD_ENDS:
            return Text(self.ending, style="green")
        if self.ending or self.failure:
            return Text(printable(self.failure or self.ending), style="red")
        return Text(printable(self.step))


def span(seconds: float) -> str:
    """Return a time in few characters: ``40 s``, ``3 min``, ``1:20 h``."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{round(whole / _MINUTE_S)} min"
    return f"{whole // _HOUR_S}:{whole % _HOUR_S // _MINUTE_S:02} h"
