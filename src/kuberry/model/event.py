"""What happens during a run, as it happens: one tagged union for every consumer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from kuberry.model.cluster import Cluster
from kuberry.model.edges import ValueEdge
from kuberry.model.heat import HostFelt
from kuberry.model.sighting import BundleUsed, HostConnected, HostsChecked, HostSeen
from kuberry.model.value import Value


class RunStarted(Value):
    """A run begins; it is kept in the journal under this id.

    Attributes:
        run: The run's id, for ``kuberry runs show``.
        command: The verb: ``deploy``, ``verify``.
        cluster: Name of the cluster.
        hosts: All hosts of the cluster by name, in the user's order.
        version: Of kuberry.
        wish: What is asked for; ``None`` in runs of older kuberries.
    """

    kind: Literal["run-started"] = "run-started"
    run: str
    command: str
    cluster: str
    hosts: tuple[str, ...]
    version: str
    wish: Cluster | None = None


class RunEnded(Value):
    """A run has ended; a run whose process was killed has no such event.

    Attributes:
        run: The run's id.
        outcome: As in the run's report; ``interrupted`` or ``error`` when it came to none.
        duration_s: Seconds from its beginning.
        code: Of the error that ended it; else empty.
        message: Of the error that ended it; else empty.
        page: The run's report as a page, a file of this machine; empty where it was not written.
    """

    kind: Literal["run-ended"] = "run-ended"
    run: str
    outcome: str
    duration_s: float
    code: str = ""
    message: str = ""
    page: str = ""


class HostKeyAccepted(Value):
    """A first contact: the host's key was written to known_hosts.

    Attributes:
        host: Whose key it is.
        algorithm: Of the key: ``ssh-ed25519``.
        known_hosts_file: Where it was written.
        fingerprint: As ``ssh-keygen -l`` prints it: ``SHA256:…``.
    """

    kind: Literal["host-key-accepted"] = "host-key-accepted"
    host: str
    algorithm: str
    fingerprint: str
    known_hosts_file: str


class Notice(Value):
    """Something the user should know that is not an error.

    Attributes:
        host: What it is about; ``None`` when it is about no single host.
        message: One sentence.
    """

    kind: Literal["notice"] = "notice"
    host: str | None = None
    message: str


class PlanStarted(Value):
    """The engine sets out to do a plan.

    Attributes:
        plan: Its title: ``install``.
        steps: By host: how many steps it has.
        bytes_to_send: By host: how many bytes of artifacts it is to receive.
        edges: Where steps of one host need values of another.
        receivers: By the digest of an artifact: the hosts that it is brought to.
        step_ids: By host: the ids of its steps, in their order.
    """

    kind: Literal["plan-started"] = "plan-started"
    plan: str
    steps: dict[str, int]
    bytes_to_send: dict[str, int]
    edges: tuple[ValueEdge, ...] = ()
    receivers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    step_ids: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class StepStarted(Value):
    """A host begins a step.

    Attributes:
        host: Where.
        step: The step's id, one of its kind on a host: ``put-kubelet``.
        title: What is done, for people: ``install kubelet``.
    """

    kind: Literal["step-started"] = "step-started"
    host: str
    step: str
    title: str


class StepProgress(Value):
    """Bytes of a step's artifacts have gone to the host.

    Attributes:
        host: Where.
        step: The step's id, one of its kind on a host: ``put-kubelet``.
        bytes_sent: Since the last such event of the step; what was there already counts, too.
    """

    kind: Literal["step-progress"] = "step-progress"
    host: str
    step: str
    bytes_sent: int


class ArtifactArrived(Value):
    """An artifact is whole on a host, its digest proven there; other hosts may have passed it on.

    Attributes:
        host: Where.
        name: Of the artifact.
        sha256: Of the artifact, in hexadecimal.
        size_bytes: What it has; what an earlier run had brought came from nobody.
        from_controller_bytes: What this machine sent to the host.
        from_hosts_bytes: By the name of another host: what that one gave.
    """

    kind: Literal["artifact-arrived"] = "artifact-arrived"
    host: str
    name: str
    sha256: str
    size_bytes: int
    from_controller_bytes: int
    from_hosts_bytes: dict[str, int] = Field(default_factory=dict)


class StepFinished(Value):
    """A host has done a step.

    Attributes:
        host: Where.
        step: The step's id, one of its kind on a host: ``put-kubelet``.
        title: What is done, for people: ``install kubelet``.
        duration_s: Seconds from its beginning.
    """

    kind: Literal["step-finished"] = "step-finished"
    host: str
    step: str
    title: str
    duration_s: float


class StepFailed(Value):
    """A host has not done a step; it does no more.

    Attributes:
        host: Where.
        step: The step's id, one of its kind on a host: ``put-kubelet``.
        title: What is done, for people: ``install kubelet``.
        code: Of the error, for programs; ``blocked`` where it waited for a host that failed.
        message: What happened and why.
        remedy: What to do next; empty where there is nothing to say.
    """

    kind: Literal["step-failed"] = "step-failed"
    host: str
    step: str
    title: str
    code: str
    message: str
    remedy: str = ""


class HostEnded(Value):
    """A host has come to its end of the plan.

    Attributes:
        host: Which.
        ending: As in the run's report: ``done``, ``unchanged``, ``failed``, ``blocked``.
    """

    kind: Literal["host-ended"] = "host-ended"
    host: str
    ending: str


class Phase(Value):
    """The run has come to another of its parts.

    Attributes:
        name: ``connect``, ``facts``, ``verify``, for programs.
        message: What is done now, for people.
    """

    kind: Literal["phase"] = "phase"
    name: str
    message: str = ""


class DownloadProgress(Value):
    """Bytes of a file have come from upstream to this machine.

    Attributes:
        file: Its path in the release: ``arm64/k3s``.
        bytes_done: What is there of it, with what an earlier run had brought.
        bytes_total: What it has; ``None`` where the server does not say. Equal to *bytes_done* when
            the file is whole and its digest was right.
        rate_bytes_s: Bytes a second since this run began with it.
    """

    kind: Literal["download-progress"] = "download-progress"
    file: str
    bytes_done: int
    bytes_total: int | None
    rate_bytes_s: int


AnyEvent = (
    RunStarted
    | RunEnded
    | HostKeyAccepted
    | HostConnected
    | HostSeen
    | BundleUsed
    | HostsChecked
    | HostFelt
    | Notice
    | Phase
    | DownloadProgress
    | PlanStarted
    | StepStarted
    | StepProgress
    | ArtifactArrived
    | StepFinished
    | StepFailed
    | HostEnded
)
Event = Annotated[AnyEvent, Field(discriminator="kind")]
Emit = Callable[[AnyEvent], None]
"""Takes an event: a plain function that is never awaited and never blocks."""


def ignore(_event: AnyEvent) -> None:
    """Take an event and forget it."""
