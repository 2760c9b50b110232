"""What a server answers besides the values that everybody has."""

from __future__ import annotations

from pydantic import Field

from kuberry.model.access_token import AuditRecord, TokenRecord
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.finding import Finding, ProbeResult
from kuberry.model.run import EventRecord, RunRecord
from kuberry.model.value import Value


class Fault(Value):
    """One thing that is wrong with a request.

    Attributes:
        pointer: Where: ``body/hosts``.
    """

    pointer: str
    detail: str


class Problem(Value):
    """Why a request was not done (RFC 9457).

    Attributes:
        type: Names the kind of problem; ends in *code*.
        title: The kind of problem in a few words.
        status: The HTTP status.
        detail: What happened and why.
        code: Stable word for programs, as everywhere in kuberry.
        host: Which host it is about; ``null`` where it is about no single one.
        remedy: What to do next; empty where there is nothing to say.
        errors: What is wrong with the request, one by one.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    host: str | None = None
    remedy: str = ""
    errors: tuple[Fault, ...] = ()


class RunPage(Value):
    """Some runs, newest first.

    Attributes:
        next: To be sent as ``before`` for the next page; ``null`` on the last.
    """

    runs: tuple[RunRecord, ...]
    next: str | None = None


class EventPage(Value):
    """Some events of a run, in order.

    Attributes:
        next: To be sent as ``after`` for what follows; ``null`` where nothing follows yet.
    """

    events: tuple[EventRecord, ...]
    next: int | None = None


class ClusterList(Value):
    """The clusters that are remembered."""

    clusters: tuple[Cluster, ...]


class BundleList(Value):
    """The bundles in the cache."""

    bundles: tuple[Bundle, ...]


class RunFindings(Value):
    """What the last run of a cluster that came to a report found.

    Attributes:
        probes: Those that failed.
    """

    cluster: str
    run: str
    findings: tuple[Finding, ...]
    probes: tuple[ProbeResult, ...]


class FindingList(Value):
    """What was found, by cluster."""

    clusters: tuple[RunFindings, ...]


class TokenList(Value):
    """All tokens that were ever given."""

    tokens: tuple[TokenRecord, ...]


class AuditPage(Value):
    """Some of the audit log, in order.

    Attributes:
        next: To be sent as ``after``; ``null`` where nothing follows yet.
    """

    entries: tuple[AuditRecord, ...]
    next: int | None = None


class Health(Value):
    """How the server is.

    Attributes:
        status: ``ok``.
    """

    status: str = Field(examples=["ok"])


class Caller(Value):
    """Who asks, as the server sees it."""

    token: TokenRecord
    version: str
