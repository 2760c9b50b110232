"""Exit codes, and which error ends in which."""

from __future__ import annotations

from enum import IntEnum

from kuberry.errors import (
    ApiRefused,
    CommandFailed,
    HostBusy,
    KuberryError,
    PreflightFailed,
    ServerRefused,
    TransportError,
    UsageError,
    VerifyFailed,
)


class Exit(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    BUG = 1
    USAGE = 2
    PREFLIGHT = 3
    CONNECTION = 4
    STEP_FAILED = 5
    VERIFY = 6
    BUSY = 7
    PARTLY_DONE = 8
    INTERRUPTED = 130
    TERMINATED = 143


_BY_ERROR: tuple[tuple[type[KuberryError], Exit], ...] = (
    (UsageError, Exit.USAGE),
    (ServerRefused, Exit.USAGE),
    (PreflightFailed, Exit.PREFLIGHT),
    (TransportError, Exit.CONNECTION),
    (CommandFailed, Exit.STEP_FAILED),
    (ApiRefused, Exit.STEP_FAILED),
    (VerifyFailed, Exit.VERIFY),
    (HostBusy, Exit.BUSY),
)


def exit_for(error: KuberryError) -> Exit:
    """Return the exit code for *error*."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.BUG)


def exit_for_hosts(failed: int, total: int) -> Exit:
    """Return the exit code of a command of which *failed* of *total* hosts could not be reached."""
    if failed == 0:
        return Exit.DONE
    return Exit.CONNECTION if failed == total else Exit.PARTLY_DONE


_BY_OUTCOME = {
    "done": Exit.DONE,
    "unchanged": Exit.DONE,
    "refused": Exit.PREFLIGHT,
    "unreachable": Exit.CONNECTION,
    "busy": Exit.BUSY,
    "failed": Exit.STEP_FAILED,
    "unverified": Exit.VERIFY,
    "partly-done": Exit.PARTLY_DONE,
}


def exit_for_outcome(outcome: str) -> Exit:
    """Return the exit code of a run that ended with *outcome* (`kuberry.model.report`)."""
    return _BY_OUTCOME[outcome]
