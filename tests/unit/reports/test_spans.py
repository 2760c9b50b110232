"""From events to steps: those that go side by side on one host are all told."""

from __future__ import annotations

from kuberry.model.event import AnyEvent, PlanStarted, StepFinished, StepProgress, StepStarted
from kuberry.reports.spans import Spans


def _started(step: str) -> StepStarted:
    return StepStarted(host="red", step=step, title=step)


def _finished(step: str) -> StepFinished:
    return StepFinished(host="red", step=step, title=step, duration_s=1.0)


def test_steps_beside_each_other_keep_their_own_ends_and_bytes() -> None:
    """In the order in which they began; one that has not ended is told, too."""
    spans = Spans()
    events: tuple[AnyEvent, ...] = (
        PlanStarted(plan="install", steps={"red": 3}, bytes_to_send={"red": 9}),
        _started("images-a"),
        _started("put-kubelet"),
        StepProgress(host="red", step="images-a", bytes_sent=7),
        _finished("put-kubelet"),
        _started("images"),
        _finished("images-a"),
    )
    for second, event in enumerate(events):
        spans.take(event, float(second))

    assert [
        (one.id, one.started_s, one.ended_s, one.bytes_sent, one.state) for one in spans.steps()
    ] == [
        ("images-a", 1.0, 6.0, 7, "done"),
        ("put-kubelet", 2.0, 4.0, 0, "done"),
        ("images", 5.0, 6.0, 0, "unfinished"),
    ]
