"""One run as it is told to those who were not there: where its time went, and what it left."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kuberry.model.cluster import Cluster
from kuberry.model.event import ArtifactArrived
from kuberry.model.finding import Finding, ProbeResult
from kuberry.model.run import RunRecord
from kuberry.model.sighting import BundleUsed, HostConnected, HostSeen
from kuberry.model.value import Value

StepState = Literal["done", "failed", "unfinished"]


class StepStory(Value):
    """One step as it was; times are seconds since the run began.

    Attributes:
        plan: Number of the plan it belongs to, from 0 on.
        waited_s: How long of its beginning it waited for values of other hosts.
        state: ``unfinished`` when the run ended before it.
        critical: Whether it is on the critical path.
    """

    host: str
    plan: int
    id: str
    title: str
    started_s: float
    ended_s: float
    waited_s: float = 0.0
    bytes_sent: int = 0
    state: StepState = "done"
    critical: bool = False


class PhaseStory(Value):
    """A part of the run in which all hosts are treated as one."""

    title: str
    started_s: float
    ended_s: float


class Link(Value):
    """One link of the critical path: what the run's end waited for in this time.

    Attributes:
        host: Empty for a part of the run in which all hosts are treated as one.
        step: The step's id; empty for such a part.
        plan: Number of the plan the step belongs to.
        because: Why it did not begin earlier: the value it waited for, and whose; empty where it
            followed what came before on its host.
    """

    title: str
    host: str = ""
    step: str = ""
    plan: int = 0
    started_s: float
    ended_s: float
    because: str = ""


class HostStory(Value):
    """One host as it was seen and as it ended.

    Attributes:
        ending: As in the run's report; empty where it came to none.
        seen: ``None`` where the run did not look at it.
        keys: That it proved to own, one for each login.
        output: The last lines that the failed step wrote.
    """

    host: str
    role: str
    ending: str = ""
    seen: HostSeen | None = None
    keys: tuple[HostConnected, ...] = ()
    steps: tuple[StepStory, ...] = ()
    failed_step: str = ""
    code: str = ""
    message: str = ""
    remedy: str = ""
    output: str = ""


class RunDocument(Value):
    """All that is known of one run.

    Attributes:
        schema_version: Fields may be added; what is there keeps its meaning.
        wish: What was asked for; ``None`` where the journal does not know it any more.
        duration_s: Up to its end, or to the last that is known of it.
        plans: Their titles, in the order they were done.
        bundle: ``None`` where nothing was installed.
        receivers: By the digest of an artifact: the hosts that it was to be brought to.
        arrivals: How artifacts came that hosts pass on to each other, in order.
        notices: What the user was told, in order.
    """

    schema_version: Literal[1] = 1
    run: RunRecord
    wish: Cluster | None = None
    duration_s: float
    hosts: tuple[HostStory, ...] = ()
    phases: tuple[PhaseStory, ...] = ()
    plans: tuple[str, ...] = ()
    critical_path: tuple[Link, ...] = ()
    bundle: BundleUsed | None = None
    receivers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    arrivals: tuple[ArtifactArrived, ...] = ()
    findings: tuple[Finding, ...] = ()
    probes: tuple[ProbeResult, ...] = ()
    notices: tuple[str, ...] = ()

    def givers(self, host: str, sha256: str) -> tuple[str, ...]:
        """Return the hosts that have passed an artifact on to *host*."""
        return tuple(
            giver
            for one in self.arrivals
            if (one.host, one.sha256) == (host, sha256)
            for giver in one.from_hosts_bytes
        )
