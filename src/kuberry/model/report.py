"""How a run ended: per host, per step, in numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from kuberry.model.cluster import Cluster
from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
from kuberry.model.plan import Plan
from kuberry.model.value import Value

Ending = Literal["done", "unchanged", "failed", "blocked", "unreachable", "busy"]
RunOutcome = Literal[
    "done", "unchanged", "unreachable", "busy", "refused", "failed", "partly-done", "unverified"
]
LEFT_BEHIND = "left-behind"
"""Code of a host that was taken out of its cluster and could not be cleaned."""


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
        ending: ``blocked`` means it waited for a value of a host that failed; ``busy`` that another
            run holds it.
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

    @property
    def ok(self) -> bool:
        """Return whether the host is as it should be."""
        return self.ending in {"done", "unchanged"}


class FileChange(Value):
    """A file that a plan would write, against what stands there.

    Attributes:
        before: ``None`` when nothing stands there.
        after: Values that exist only while the plan runs stand as ``<name>``.
    """

    host: str
    path: str
    before: str | None
    after: str


class PlanReport(Value):
    """What a run would do.

    Attributes:
        prepare: What makes the hosts fit first; *plan* then rests on what they are today.
        unreachable: Hosts of which nothing is known, with the reasons.
    """

    cluster: Cluster
    findings: tuple[Finding, ...]
    plan: Plan | None
    prepare: Plan | None = None
    files: tuple[FileChange, ...] = ()
    unreachable: tuple[HostReport, ...] = ()

    @property
    def outcome(self) -> RunOutcome:
        """Return what would become of the run before its first step."""
        if self.plan is None:
            return "unreachable" if self.unreachable else "refused"
        if self.unreachable:
            return "partly-done"
        fit = self.prepare is None or self.prepare.is_empty
        return "unchanged" if fit and self.plan.is_empty else "done"


class RunReport(Value):
    """One run as it ended.

    Attributes:
        run: Its id in the journal; empty when it has none.
        context: Name of the context in the user's kubeconfig; empty when none was written.
    """

    run: str = ""
    command: str
    cluster: Cluster
    started: datetime
    duration_s: float
    hosts: tuple[HostReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    probes: tuple[ProbeResult, ...] = ()
    context: str = ""

    @property
    def outcome(self) -> RunOutcome:
        """Return the run's end in one word; the worst that happened wins."""
        if any(one.severity is Severity.ERROR for one in self.findings):
            return "refused"
        endings = {one.ending for one in self.hosts}
        if not endings & {"done", "unchanged", "failed", "blocked"}:
            if "unreachable" in endings:
                return "unreachable"
            if "busy" in endings:
                return "busy"
        if not all(one.ok for one in self.hosts):
            return "partly-done" if any(one.ok for one in self.hosts) else "failed"
        if any(one.outcome is Outcome.FAIL for one in self.probes):
            return "unverified"
        return "done" if "done" in endings or not endings else "unchanged"
