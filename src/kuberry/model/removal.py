"""What a reset would do."""

from __future__ import annotations

from kuberry.model.cluster import Cluster
from kuberry.model.plan import Plan
from kuberry.model.report import HostReport, RunOutcome
from kuberry.model.value import Value


class HostRemoval(Value):
    """What would be taken from one host.

    Attributes:
        files: Paths that we wrote: each is removed, or put back as it was.
        packages: Names of those that were not there before us.
        units: Names of those that we set.
        images: How many images containerd holds.
        is_clean: Whether there is nothing of ours.
    """

    host: str
    files: tuple[str, ...]
    packages: tuple[str, ...]
    units: tuple[str, ...]
    images: int
    is_clean: bool


class ResetPlan(Value):
    """What a reset would do.

    Attributes:
        leaving: What would be taken from each host that is reset.
        plan: The steps; ``None`` when some host stands in the way.
        failures: Hosts that stand in the way, with the reasons.
        forgets: Whether the cluster would be forgotten here, because nothing of it is left.
    """

    cluster: Cluster
    leaving: tuple[HostRemoval, ...]
    plan: Plan | None
    failures: tuple[HostReport, ...] = ()
    forgets: bool

    @property
    def outcome(self) -> RunOutcome:
        """Return what would become of the run before its first step."""
        if self.plan is None:
            endings = {one.ending for one in self.failures}
            return "unreachable" if "unreachable" in endings else "failed"
        return "unchanged" if all(one.is_clean for one in self.leaving) else "done"
