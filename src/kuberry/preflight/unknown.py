"""What the checks rest on must have been seen: a silent pass would be a lie."""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.finding import Severity
from kuberry.preflight.scene import Check, Observation, Scene

NEEDED = ("os", "architecture", "identity", "network")
"""Without them no plan can be made."""
WANTED = ("cgroups", "clock", "disks", "init", "kubernetes", "memory", "ports", "processor")


def _unknown(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        reasons = {one.subject: one.reason for one in host.facts.unknown}
        for subject in (*NEEDED, *WANTED):
            if getattr(host.facts, subject) is None:
                yield Observation(
                    host=name,
                    proof=f"{subject}: {reasons.get(subject, 'it was not seen')}",
                    remedy=f"look at it with `kuberry status --hosts {name}`",
                    severity=Severity.ERROR if subject in NEEDED else Severity.WARNING,
                )


CHECKS = (
    Check(
        "KB100",
        "something could not be seen, so it is not checked",
        _unknown,
        why=f"A silent pass would be a lie. Without {', '.join(NEEDED)} no plan can be made; of "
        "the rest it is a warning.",
        remedy="Look at the host with `kuberry status --hosts HOST`: its reasons are there.",
        severities=(Severity.ERROR, Severity.WARNING),
        must="what was not seen cannot be judged",
    ),
)
