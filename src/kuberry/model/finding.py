"""What a check or a probe found."""

from __future__ import annotations

from enum import StrEnum

from kuberry.model.value import Value


class Severity(StrEnum):
    """How bad it is; a preflight error stops the run, an ignored one is only recorded."""

    IGNORED = "ignored"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Finding(Value):
    """One thing that is not as it should be.

    Attributes:
        code: Stable: ``KB101``.
        host: Where; ``None`` when it is about several hosts or none.
        proof: What was seen.
        remedy: What to do about it, one sentence.
        was: How bad it would be, had the user not said that it is to be ignored.
    """

    code: str
    severity: Severity
    title: str
    host: str | None = None
    proof: str = ""
    remedy: str = ""
    was: Severity | None = None


class Outcome(StrEnum):
    """How a probe of the running cluster ended."""

    OK = "ok"
    FAIL = "fail"
    SKIPPED = "skipped"
    ABSENT = "absent"


class ProbeResult(Value):
    """What one probe says.

    Attributes:
        id: Stable: ``nodes.ready``.
        where: Host, or pair ``red01→red02``; ``None`` for the whole cluster.
        cause: Of a skipped probe: the id of the probe that failed and explains it.
    """

    id: str
    outcome: Outcome
    title: str
    where: str | None = None
    detail: str = ""
    remedy: str = ""
    cause: str | None = None
    duration_s: float = 0.0
