"""Law of this room: facts → findings; pure. Every check has a code, a proof and a remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from kuberry.errors import UsageError
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.controller import ControllerFacts
from kuberry.model.finding import Finding, Severity
from kuberry.preflight import (
    controller,
    hardware,
    identity,
    images,
    network,
    resources,
    software,
    system,
    unknown,
)
from kuberry.preflight.scene import Check, Observation, Scene, SceneT, SeenHost

CHECKS: tuple[Check[Scene], ...] = (
    *unknown.CHECKS,
    *identity.CHECKS,
    *system.CHECKS,
    *resources.CHECKS,
    *network.CHECKS,
    *software.CHECKS,
    *images.CHECKS,
    *hardware.CHECKS,
)
"""All checks of hosts, in the order in which their findings are shown."""
CONTROLLER_CHECKS: tuple[Check[ControllerFacts], ...] = controller.CHECKS
"""All checks of the machine that kuberry runs on."""


def run(
    cluster: Cluster,
    hosts: Mapping[str, SeenHost],
    bundle: Bundle | None,
    *,
    ignore: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Return what is not as it should be, check by check; an error among it stops a deploy.

    Args:
        hosts: By name; all hosts of *cluster* that were seen.
        bundle: ``None`` leaves out what rests on it.
        ignore: Codes whose findings are recorded as ignored; see `known_codes`.
    """
    return _findings(CHECKS, Scene(cluster, hosts, bundle), ignore)


def run_controller(facts: ControllerFacts, *, ignore: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return what is not as it should be on the machine that kuberry runs on."""
    return _findings(CONTROLLER_CHECKS, facts, ignore)


def known_codes(ignore: Iterable[str]) -> tuple[str, ...]:
    """Return the codes that are to be ignored, each once, in capitals.

    Raises:
        UsageError: No check has such a code, or it cannot be ignored.
    """
    reasons = {one.code: one.must for one in CHECKS}
    reasons |= {one.code: one.must for one in CONTROLLER_CHECKS}
    found = tuple(dict.fromkeys(code.strip().upper() for code in ignore))
    for code in found:
        if code not in reasons:
            raise UsageError(
                f"no check is called {code!r}", remedy="their codes are in docs/checks.md"
            )
        if reasons[code]:
            raise UsageError(
                f"{code} cannot be ignored: {reasons[code]}",
                remedy="put it right, or leave the host out",
            )
    return found


def _findings(
    checks: Iterable[Check[SceneT]], scene: SceneT, ignore: Collection[str]
) -> tuple[Finding, ...]:
    return tuple(
        _finding(check, one, is_ignored=check.code in ignore)
        for check in checks
        for one in check.look(scene)
    )


def _finding(check: Check[SceneT], one: Observation, *, is_ignored: bool) -> Finding:
    return Finding(
        code=check.code,
        severity=Severity.IGNORED if is_ignored else one.severity,
        title=check.title,
        host=one.host,
        proof=one.proof,
        remedy=one.remedy,
        was=one.severity if is_ignored else None,
    )
