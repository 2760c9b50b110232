"""Which step a case strikes, and when: chosen of the plan by the case's own fractions; pure."""

from __future__ import annotations

import dataclasses

from kuberry.campaign.case import HOSTS, OF_ARTIFACTS, Case
from kuberry.model.plan import Plan, Step, artifacts_of

CONTROLLER, ALL_HOSTS = "the controller", "all hosts"

# Seconds that steps usually take, on two cores; it decides how far into a step a fault can come.
_USUAL_S = {"packages": 8.0, "init": 30.0, "join": 15.0, "ready": 10.0, "drain": 5.0}
_OF_ONE_THAT_SENDS_S = 1.5
_OF_ANY_S = 0.4


@dataclasses.dataclass(frozen=True, slots=True)
class Aim:
    """What is struck.

    Attributes:
        host: Whose step it is.
        step: Its id.
        steps: How many there are on all hosts.
        delay_s: Seconds after its begin.
        victim: A host, or what stands for more or less than one.
        digest: Of the first artifact that the step brings; empty where it brings none.
    """

    host: str
    step: str
    steps: int
    delay_s: float
    victim: str
    digest: str


def aim(case: Case, *plans: Plan) -> Aim | None:
    """Return where *case* strikes *plans*; ``None`` when they have no step that can be struck."""
    steps = [(one.host, step) for plan in plans for one in plan.hosts for step in one.steps]
    if case.fault in OF_ARTIFACTS:
        steps = [(host, step) for host, step in steps if artifacts_of(step)]
    if not steps:
        return None
    host, step = steps[int(case.where * len(steps))]
    artifacts = artifacts_of(step)
    return Aim(
        host=host,
        step=step.id,
        steps=len(steps),
        delay_s=round(case.moment * _usual_s(step), 3),
        victim=_victim(case, host),
        digest=artifacts[0].sha256 if artifacts else "",
    )


def _usual_s(step: Step) -> float:
    usual_s = _OF_ONE_THAT_SENDS_S if artifacts_of(step) else _OF_ANY_S
    return _USUAL_S.get(step.id, usual_s)


def _victim(case: Case, host: str) -> str:
    if case.fault.startswith("controller") or case.fault == "corrupted in the cache":
        return CONTROLLER
    if case.fault in {"power cut of all hosts", "disk full"}:
        return ALL_HOSTS
    others = [name for name in HOSTS if name != host]
    return others[0] if case.elsewhere and case.fault not in OF_ARTIFACTS else host
