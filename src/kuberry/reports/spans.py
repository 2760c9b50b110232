"""From events to spans of time: the steps of each host, and the parts of the run around them."""

from __future__ import annotations

import dataclasses

from kuberry.model.document import PhaseStory, StepState, StepStory
from kuberry.model.edges import ValueEdge
from kuberry.model.event import (
    AnyEvent,
    HostEnded,
    Phase,
    PlanStarted,
    RunEnded,
    RunStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)

BEGINNING = "set out"
FINISH = "finish"
_SHORTEST_PHASE_S = 0.0005


@dataclasses.dataclass(slots=True)
class _Open:
    """A step under way."""

    plan: int
    id: str
    title: str
    started_s: float
    bytes_sent: int = 0

    def closed(self, host: str, ended_s: float, state: StepState) -> StepStory:
        return StepStory(
            host=host,
            plan=self.plan,
            id=self.id,
            title=self.title,
            started_s=self.started_s,
            ended_s=ended_s,
            bytes_sent=self.bytes_sent,
            state=state,
        )


class Spans:
    """The steps and parts of a run, put together event by event.

    Attributes:
        plans: Titles of the plans that were begun.
        edges: Of each plan, by its number.
        now_s: When the last event came.
    """

    def __init__(self) -> None:
        self.plans: list[str] = []
        self.edges: dict[int, tuple[ValueEdge, ...]] = {}
        self.now_s = 0.0
        self._plan_of: dict[str, int] = {}
        self._open: dict[tuple[str, str], _Open] = {}  # by host and step: some go side by side
        self._done: list[StepStory] = []
        self._phases: list[PhaseStory] = []
        self._phase: tuple[str, float] | None = None
        self._at_work: set[str] = set()

    def take(self, event: AnyEvent, elapsed_s: float) -> None:
        """Put in what *event* says, that came *elapsed_s* seconds after the run began."""
        self.now_s = max(self.now_s, elapsed_s)
        match event:
            case RunStarted():
                self._turn(BEGINNING)
            case Phase():
                self._turn(event.message or event.name)
            case PlanStarted():
                self._begin(event)
            case StepStarted() | StepProgress() | StepFinished() | StepFailed():
                self._step(event)
            case HostEnded():
                self._host_ended(event.host)
            case RunEnded():
                self._turn(None)
            case _:
                pass

    def steps(self) -> tuple[StepStory, ...]:
        """Return all steps that were begun, those of one host in their order."""
        still = (
            one.closed(host, self.now_s, "unfinished") for (host, _), one in self._open.items()
        )
        return tuple(sorted((*self._done, *still), key=lambda one: one.started_s))

    def phases(self) -> tuple[PhaseStory, ...]:
        """Return the parts of the run in which all hosts are treated as one."""
        found = list(self._phases)
        if self._phase:
            found.append(_phase(self._phase, self.now_s))
        return tuple(one for one in found if one.ended_s - one.started_s > _SHORTEST_PHASE_S)

    def _turn(self, title: str | None) -> None:
        if self._phase:
            self._phases.append(_phase(self._phase, self.now_s))
        self._phase = (title, self.now_s) if title else None

    def _begin(self, event: PlanStarted) -> None:
        number = len(self.plans)
        self.plans.append(event.plan)
        self.edges[number] = event.edges
        self._plan_of |= dict.fromkeys(event.steps, number)
        self._at_work |= event.steps.keys()
        self._turn(None)

    def _step(self, event: StepStarted | StepProgress | StepFinished | StepFailed) -> None:
        key = (event.host, event.step)
        if isinstance(event, StepStarted):
            plan = self._plan_of.get(event.host, 0)
            self._open[key] = _Open(plan, event.step, event.title, self.now_s)
            return
        step = self._open.get(key)
        if step is None:
            return
        if isinstance(event, StepProgress):
            step.bytes_sent += event.bytes_sent
            return
        state: StepState = "done" if isinstance(event, StepFinished) else "failed"
        self._done.append(self._open.pop(key).closed(event.host, self.now_s, state))

    def _host_ended(self, host: str) -> None:
        self._at_work.discard(host)
        if not self._at_work and self._phase is None:
            self._turn(FINISH)


def _phase(phase: tuple[str, float], ended_s: float) -> PhaseStory:
    return PhaseStory(title=phase[0], started_s=phase[1], ended_s=ended_s)
