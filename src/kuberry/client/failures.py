"""From a server's words back to the error that it was."""

from __future__ import annotations

import httpx2
from pydantic import ValidationError

from kuberry.errors import (
    ApiRefused,
    ApiUnreachable,
    AuthenticationFailed,
    BundleError,
    CacheBusy,
    CommandFailed,
    CommandTimeout,
    ConnectionLost,
    HostBusy,
    HostExpressionError,
    HostKeyChanged,
    HostKeyUnknown,
    JournalUnusable,
    KuberryError,
    LabUnavailable,
    NameNotResolved,
    PreflightFailed,
    ServerRefused,
    SudoFailed,
    TransportError,
    Unreachable,
    UpstreamUnreachable,
    UsageError,
    VerifyFailed,
)
from kuberry.model.run import RunRecord
from kuberry.model.wire import Problem

_BY_CODE: dict[str, type[KuberryError]] = {
    kind.code: kind
    for kind in (
        ApiRefused,
        ApiUnreachable,
        AuthenticationFailed,
        BundleError,
        CacheBusy,
        CommandTimeout,
        ConnectionLost,
        HostBusy,
        HostKeyChanged,
        HostKeyUnknown,
        JournalUnusable,
        LabUnavailable,
        NameNotResolved,
        PreflightFailed,
        SudoFailed,
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
    known = _known(problem.code, problem.detail + faults, problem.host, problem.remedy)
    return known or ServerRefused(
        problem.detail + faults,
        code=problem.code,
        status=problem.status,
        host=problem.host,
        remedy=problem.remedy,
    )


def error_of(run: RunRecord) -> KuberryError:
    """Return the error that ended *run*, as it was raised where the run was done."""
    text, _, remedy = run.message.partition("\n  → ")
    name, _, rest = text.partition(": ")
    host, message = (name, rest) if name in run.hosts and rest else (None, text)
    bug = KuberryError(f"a bug of ours ended {run.id}: {text}", host=host, remedy=remedy)
    return _known(run.code, message, host, remedy) or bug


def unreachable(url: str, error: Exception) -> Unreachable:
    """Return what is to be said when the server at *url* does not answer."""
    remedy = "see that `kuberry serve` runs there, and that its ca.pem is the one that is trusted"
    return Unreachable(f"the server {url} does not answer: {error}", remedy=remedy)


def _known(code: str, message: str, host: str | None, remedy: str) -> KuberryError | None:
    """Return the error of that code; ``None`` where there is none such."""
    if code == HostExpressionError.code:
        return HostExpressionError(message, part="", remedy=remedy)
    if code == CommandFailed.code:
        return CommandFailed(message, command="", exit_status=-1, stderr="", host=host)
    kind = _BY_CODE.get(code)
    return kind(message, host=host, remedy=remedy) if kind is not None else None
