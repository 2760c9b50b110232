"""Which steps made a run as long as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from kuberry.model.document import Link, StepStory
from kuberry.model.edges import ValueEdge

PlanEdges = Mapping[int, Sequence[ValueEdge]]
"""The edges of each plan, by its number."""
_Key = tuple[int, str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class _Arrival:
    """A value that a step waited for: what brought it, or what failed to."""

    value: str
    bringer: StepStory


class Waits:
    """Who waited for whom.

    A value arrives when the step that captures it is done. Where that never came about, those who
    wait hear so when its host ends: with the end of the last step there.

    Args:
        steps: All that were begun, those of one host in their order.
    """

    def __init__(self, steps: Sequence[StepStory], edges: PlanEdges) -> None:
        self._by_key = {(one.plan, one.host, one.id): one for one in steps}
        by_end = sorted(steps, key=lambda one: one.ended_s)
        self._last = {(one.plan, one.host): one for one in by_end}
        self._needs: dict[_Key, list[ValueEdge]] = {}
        for plan, found in edges.items():
            for edge in found:
                key = (plan, edge.consumer, edge.consumer_step)
                self._needs.setdefault(key, []).append(edge)

    def last_arrival(self, step: StepStory) -> _Arrival | None:
        """Return the last of the values that *step* needs, if it waited for one at all."""
        edges = self._needs.get((step.plan, step.host, step.id), ())
        arrivals = (self._arrival(step.plan, edge) for edge in edges)
        late = [
            one for one in arrivals if one and step.started_s < one.bringer.ended_s <= step.ended_s
        ]
        return max(late, key=lambda one: one.bringer.ended_s, default=None)

    def waited_s(self, step: StepStory) -> float:
        """Return for how many seconds *step* waited for values before it could set out."""
        arrival = self.last_arrival(step)
        if arrival is not None:
            return arrival.bringer.ended_s - step.started_s
        if step.state == "unfinished" and self._lacks_a_value(step):
            return step.ended_s - step.started_s
        return 0.0

    def _lacks_a_value(self, step: StepStory) -> bool:
        edges = self._needs.get((step.plan, step.host, step.id), ())
        sources = [self._by_key.get((step.plan, one.producer, one.producer_step)) for one in edges]
        return any(one is None or one.state == "unfinished" for one in sources)

    def _arrival(self, plan: int, edge: ValueEdge) -> _Arrival | None:
        step = self._by_key.get((plan, edge.producer, edge.producer_step))
        if step is None or step.state != "done":
            step = self._last.get((plan, edge.producer))
        return _Arrival(edge.value, step) if step and step.state != "unfinished" else None


def critical_path(steps: Sequence[StepStory], edges: PlanEdges) -> tuple[Link, ...]:
    """Return the chain of steps that determined when the last of them ended, first to last.

    It is walked backwards from the step that ended last of all. A step could not end earlier for
    one of two reasons. Either it waited: the last value that it needs arrived after it had begun.
    Then what it did counts from that moment on, and the chain goes on with the step on the other
    host that brought the value. Or it did not wait: then all of it counts, and the chain goes on
    with what came before it on its own host; in front of the first step of a plan that is the
    step of the plans before that ended last, for plans wait for each other. So the links follow
    each other without overlap, and whatever is not among them could have taken longer without any
    harm: up to the next arrival it was late for.

    Args:
        steps: All that were begun, those of one host in their order.
    """
    waits = Waits(steps, edges)
    before = _predecessors(steps)
    step = max(steps, key=lambda one: one.ended_s, default=None)
    until = step.ended_s if step else 0.0
    links: list[Link] = []
    passed: set[_Key] = set()
    while step is not None and (key := (step.plan, step.host, step.id)) not in passed:
        passed.add(key)
        arrival = waits.last_arrival(step)
        started = arrival.bringer.ended_s if arrival else step.started_s
        because = f"waited for {arrival.value} of {arrival.bringer.host}" if arrival else ""
        links.append(_link(step, min(started, until), until, because))
        step = arrival.bringer if arrival else before.get(key)
        until = min(links[-1].started_s, step.ended_s) if step else 0.0
    return tuple(reversed(links))


def _link(step: StepStory, started_s: float, ended_s: float, because: str) -> Link:
    return Link(
        title=step.title,
        host=step.host,
        step=step.id,
        plan=step.plan,
        started_s=started_s,
        ended_s=ended_s,
        because=because,
    )


def _predecessors(steps: Iterable[StepStory]) -> dict[_Key, StepStory]:
    """Return what came before each step: on its host, else in the plans before.

    On one host that is what ended last before it began: images are imported beside other steps.
    """
    ordered = sorted(steps, key=lambda one: one.plan)
    ended: dict[tuple[int, str], list[StepStory]] = {}
    ends: dict[int, StepStory] = {}
    found: dict[_Key, StepStory] = {}
    for one in ordered:
        beside = ended.setdefault((one.plan, one.host), [])
        before = [other for other in beside if other.ended_s <= one.started_s]
        before = before or [end for plan, end in ends.items() if plan < one.plan]
        previous = max(reversed(before), key=lambda end: end.ended_s, default=None)
        if previous is not None:
            found[one.plan, one.host, one.id] = previous
        beside.append(one)
        if one.plan not in ends or ends[one.plan].ended_s < one.ended_s:
            ends[one.plan] = one
    return found
