"""Is a host as it was before us? One look, compared with the one that was noted there."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import get_args

from kuberry.distributions.registry import distribution_of
from kuberry.distributions.seen import Seen
from kuberry.errors import CommandFailed
from kuberry.facts.probe import Unparsable
from kuberry.facts.snapshot import PROBE, SNAPSHOT_S, Entries, differences, snapshot_command
from kuberry.model.cluster import Cluster
from kuberry.model.difference import Difference, Subject
from kuberry.model.finding import Finding, Outcome, ProbeResult, Severity
from kuberry.model.installed import BEFORE
from kuberry.transports.transport import Transport

CODE = "KB901"
"""Of the finding that somebody else has changed the host meanwhile."""
_MOST_NAMED = 20


async def compare(transport: Transport) -> tuple[Difference, ...]:
    """Return what is not as it was before our first change.

    Raises:
        CommandFailed: One of the two states cannot be read.
    """
    host = transport.host.name
    result = await transport.run(snapshot_command().as_root(), deadline_s=SNAPSHOT_S)
    after = _entries(result.stdout, "the state of the host", host)
    packed = await transport.get(BEFORE, root=True)
    try:
        before = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        before = b""
    return differences(_entries(before, BEFORE, host), after)


def proof(
    cluster: Cluster, host: Seen, found: Iterable[Difference]
) -> tuple[tuple[ProbeResult, ...], tuple[Finding, ...]]:
    """Return one result for each subject, and what somebody else has changed meanwhile; pure."""
    ours: list[Difference] = []
    others: list[Difference] = []
    for one in found:
        (ours if distribution_of(cluster).is_ours(cluster, one, host) else others).append(one)
    return tuple(_results(host.name, ours)), tuple(_findings(host.name, others))


def _results(host: str, ours: list[Difference]) -> Iterator[ProbeResult]:
    for subject in get_args(Subject):
        left = [one for one in ours if one.subject == subject]
        yield ProbeResult(
            id=f"reset.{subject}s",
            outcome=Outcome.FAIL if left else Outcome.OK,
            title=f"{subject}s are as they were before kuberry came",
            where=host,
            detail=_named(left),
            remedy="put it right on the host, then run the same line again" if left else "",
        )


def _findings(host: str, others: list[Difference]) -> Iterator[Finding]:
    if others:
        yield Finding(
            code=CODE,
            severity=Severity.INFO,
            title="has changed since kuberry came, but not by it",
            host=host,
            proof=_named(others),
        )


def _named(found: list[Difference]) -> str:
    words = [f"{one.subject} {one}" for one in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        words.append(f"and {len(found) - _MOST_NAMED} more")
    return "; ".join(words)


def _entries(output: bytes, what: str, host: str) -> Entries:
    try:
        return PROBE.read(output.decode(errors="surrogateescape"))
    except Unparsable as error:
        raise CommandFailed(
            f"{what} cannot be read: {error}", command=what, exit_status=0, stderr="", host=host
        ) from None
