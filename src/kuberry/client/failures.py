"""From a server's problem back to the error that it was."""

from __future__ import annotations

import httpx2
from pydantic import ValidationError

from kuberry.errors import (
    AuthenticationFailed,
    BundleError,
    CacheBusy,
    HostBusy,
    JournalUnusable,
    KuberryError,
    LabUnavailable,
    PreflightFailed,
    ServerRefused,
    TransportError,
    Unreachable,
    UpstreamUnreachable,
    UsageError,
    VerifyFailed,
)
from kuberry.model.wire import Problem

_BY_CODE: dict[str, type[KuberryError]] = {
    kind.code: kind
    for kind in (
        AuthenticationFailed,
        BundleError,
        CacheBusy,
        HostBusy,
        JournalUnusable,
        LabUnavailable,
        PreflightFailed,
        TransportError,
        Unreachable,
        UpstreamUnreachable,
        UsageError,
        VerifyFailed,
    )
}


def error_in(answer: httpx2.Response) -> KuberryError:
    """Return the error that *answer* tells: of its own kind where the code says so."""
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        return ServerRefused(
            f"the server answered {answer.status_code} and no problem: is it a kuberry?",
            code="no-problem",
            status=answer.status_code,
        )
    faults = "".join(f"; {one.pointer}: {one.detail}" for one in problem.errors)
    kind = _BY_CODE.get(problem.code)
    if kind is not None:
        return kind(problem.detail + faults, host=problem.host, remedy=problem.remedy)
    return ServerRefused(
        problem.detail + faults,
        code=problem.code,
        status=problem.status,
        host=problem.host,
        remedy=problem.remedy,
    )


def unreachable(url: str, error: Exception) -> Unreachable:
    """Return what is to be said when the server at *url* does not answer."""
    remedy = "see that `kuberry serve` runs there, and that its ca.pem is the one that is trusted"
    return Unreachable(f"the server {url} does not answer: {error}", remedy=remedy)
