"""Law of this room: facts → findings; pure. Every check has a code, a proof and a remedy."""

from __future__ import annotations

from collections.abc import Mapping

from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.finding import Finding
from kuberry.preflight import identity, network, resources, software, system, unknown
from kuberry.preflight.scene import Check, Scene, SeenHost

CHECKS: tuple[Check, ...] = (
    *unknown.CHECKS,
    *identity.CHECKS,
    *system.CHECKS,
    *resources.CHECKS,
    *network.CHECKS,
    *software.CHECKS,
)
"""All checks, in the order in which their findings are shown."""


def run(cluster: Cluster, hosts: Mapping[str, SeenHost], bundle: Bundle) -> tuple[Finding, ...]:
    """Return what is not as it should be, check by check; an error among it stops a deploy.

    Args:
        hosts: By name; all hosts of *cluster* that were seen.
    """
    scene = Scene(cluster, hosts, bundle)
    return tuple(
        Finding(
            code=check.code,
            severity=one.severity,
            title=check.title,
            host=one.host,
            proof=one.proof,
            remedy=one.remedy,
        )
        for check in CHECKS
        for one in check.look(scene)
    )
