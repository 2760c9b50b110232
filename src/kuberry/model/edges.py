"""Where hosts wait for each other in a plan: its named values, as edges between steps."""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.plan import (
    Captured,
    Gate,
    LoadImages,
    Plan,
    PowerOff,
    Run,
    Step,
    WriteFiles,
    artifacts_of,
)
from kuberry.model.value import Value


class ValueEdge(Value):
    """One host's step needs a value that another step brings forth.

    Attributes:
        value: Its name, as in the plan: ``token:red01``.
        producer: Host that brings it forth.
        producer_step: The id of the step there that captures it.
        consumer: Host that needs it.
        consumer_step: The id of the step there that waits for it.
    """

    value: str
    producer: str
    producer_step: str
    consumer: str
    consumer_step: str


def edges_of(plan: Plan) -> tuple[ValueEdge, ...]:
    """Return every edge of *plan*, in the order of the consumers."""
    source = {
        name: (host.host, step.id)
        for host in plan.hosts
        for step in host.steps
        for name in _captured_by(step)
    }
    return tuple(
        ValueEdge(
            value=name,
            producer=source[name][0],
            producer_step=source[name][1],
            consumer=host.host,
            consumer_step=step.id,
        )
        for host in plan.hosts
        for step in host.steps
        for name in dict.fromkeys(_needed_by(step))
        if name in source
    )


def receivers_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return by the digest of each artifact the hosts that *plan* brings it to, in order."""
    found: dict[str, list[str]] = {}
    for host in plan.hosts:
        for artifact in (one for step in host.steps for one in artifacts_of(step)):
            hosts = found.setdefault(artifact.sha256, [])
            if host.host not in hosts:
                hosts.append(host.host)
    return {digest: tuple(hosts) for digest, hosts in found.items()}


def _captured_by(step: Step) -> tuple[str, ...]:
    return step.captures if isinstance(step, Run | PowerOff | LoadImages) else ()


def _needed_by(step: Step) -> Iterator[str]:
    match step:
        case Gate():
            yield step.value
        case Run():
            yield from (one.captured for one in step.stdin if isinstance(one, Captured))
        case WriteFiles():
            parts = (part for file in step.files for part in file.content)
            yield from (one.captured for one in parts if isinstance(one, Captured))
        case _:
            pass
