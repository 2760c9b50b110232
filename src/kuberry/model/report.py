"""How a run ended: per host, per step, in numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from kuberry.model.cluster import Cluster
from kuberry.model.finding import Finding, ProbeResult
from kuberry.model.value import Value

Ending = Literal["done", "unchanged", "failed", "blocked", "unreachable"]


class StepReport(Value):
    """One step as it was: times are seconds since the run began."""

    id: str
    title: str
    plan: str
    started_s: float
    ended_s: float
    bytes_sent: int = 0
    ok: bool = True


class HostReport(Value):
    """One host as it ended.

    Attributes:
        ending: ``blocked`` means it waited for a value of a host that failed.
        code: Of the error, for programs; empty when there was none.
        output: The last lines the failed step wrote.
    """

    host: str
    ending: Ending
    steps: tuple[StepReport, ...] = ()
    failed_step: str = ""
    code: str = ""
    message: str = ""
    remedy: str = ""
    output: str = ""


class RunReport(Value):
    """One run as it ended."""

    command: str
    cluster: Cluster
    started: datetime
    duration_s: float
    hosts: tuple[HostReport, ...]
    findings: tuple[Finding, ...] = ()
    probes: tuple[ProbeResult, ...] = ()
    kubeconfig: str = ""

    @property
    def changed(self) -> bool:
        """Return whether anything was done on any host."""
        return any(one.steps for one in self.hosts)
