"""What `kuberry check` found."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from kuberry.model.cluster import Cluster
from kuberry.model.controller import ControllerFacts
from kuberry.model.finding import Finding, Severity
from kuberry.model.status import Problem
from kuberry.model.value import Value


class NotChecked(Value):
    """A host that could not be looked at, and why."""

    host: str
    problem: Problem


class CheckReport(Value):
    """What `kuberry check` found.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        cluster: What the hosts would become; its version is empty while no bundle is chosen.
        bundle: Name of the bundle; empty where what rests on one was not checked.
        hosts: Those that were checked.
        unreachable: Those that were not.
        findings: Of this machine and of the hosts, in the order of their codes.
        ignored: Codes that the user wants to be ignored, found or not.
    """

    kind: Literal["check"] = "check"
    version: Literal[1] = 1
    taken_at: datetime
    cluster: Cluster
    bundle: str
    hosts: tuple[str, ...]
    unreachable: tuple[NotChecked, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()
    controller: ControllerFacts

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what would stop a deploy."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)
