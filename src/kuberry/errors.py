"""The tree of kuberry's exceptions: what happened, on which host, and what to do next.

KuberryError
├── UsageError                 the request itself is wrong
│   └── HostExpressionError    a part of a host expression is wrong
├── PreflightFailed            a host (or this machine) is not fit for what was asked
│   ├── LabUnavailable         lab hosts cannot run on this machine
│   ├── BundleError            a bundle is missing, incomplete or damaged
│   └── JournalUnusable        the journal of this machine cannot be read or written
├── TransportError             the way to a host
│   ├── NameNotResolved        no address for the name
│   ├── Unreachable            nothing answered
│   ├── HostKeyUnknown         first contact, and the policy is strict
│   ├── HostKeyChanged         not the key we know
│   ├── AuthenticationFailed   the host refused every key and password
│   ├── SudoFailed             no way to become root
│   ├── ConnectionLost         the connection ended in the middle
│   ├── CommandTimeout         a command did not end in time
│   ├── ApiUnreachable         the API server of a cluster does not answer
│   └── UpstreamUnreachable    a server that bundles come from does not answer
├── CommandFailed              a command ended with an exit status other than 0
├── ApiRefused                 the API server answered with an error
├── ServerRefused              a server of ours refused a request
├── VerifyFailed               the cluster is not what was promised
└── HostBusy                   another run holds the host
    └── CacheBusy              another run on this machine holds a cache

Exit codes and HTTP statuses are decided at the edges (``kuberry.cli.exits``), not here.
"""

from __future__ import annotations

from typing import ClassVar


class KuberryError(Exception):
    """Say what happened; *remedy* says what to do next.

    Attributes:
        code: Stable word for programs.
        message: What happened and why, one sentence.
        host: Name of the host it happened on; ``None`` when it is about no single host.
        remedy: One sentence a user can act on; empty when there is none.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, host: str | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.host = host
        self.remedy = remedy

    def __str__(self) -> str:
        prefix = f"{self.host}: " if self.host else ""
        suffix = f"\n  → {self.remedy}" if self.remedy else ""
        return f"{prefix}{self.message}{suffix}"


class UsageError(KuberryError):
    """The request itself is wrong."""

    code = "usage"


class HostExpressionError(UsageError):
    """A part of a host expression is wrong.

    Attributes:
        part: The faulty part, as the user wrote it.
    """

    code = "host-expression"

    def __init__(self, message: str, *, part: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.part = part


class PreflightFailed(KuberryError):
    """A host, or this machine, is not fit for what was asked."""

    code = "preflight"


class LabUnavailable(PreflightFailed):
    """Lab hosts cannot run on this machine."""

    code = "lab-unavailable"


class BundleError(PreflightFailed):
    """A bundle is missing, incomplete or damaged."""

    code = "bundle"


class JournalUnusable(PreflightFailed):
    """The journal of this machine cannot be read or written."""

    code = "journal-unusable"


class TransportError(KuberryError):
    """Something is wrong with the way to a host."""

    code = "transport"


class NameNotResolved(TransportError):
    """No address is known for the name."""

    code = "name-not-resolved"


class Unreachable(TransportError):
    """Nothing answered at the host's address."""

    code = "unreachable"


class HostKeyUnknown(TransportError):
    """First contact, and the policy accepts known keys only."""

    code = "host-key-unknown"


class HostKeyChanged(TransportError):
    """The host shows another key than the one we know."""

    code = "host-key-changed"


class AuthenticationFailed(TransportError):
    """The host refused every key and password offered."""

    code = "authentication-failed"


class SudoFailed(TransportError):
    """There is no way to become root on the host."""

    code = "sudo-failed"


class ConnectionLost(TransportError):
    """The connection ended in the middle of something."""

    code = "connection-lost"


class CommandTimeout(TransportError):
    """A command on the host did not end before its deadline."""

    code = "command-timeout"


class CommandFailed(KuberryError):
    """A command on a host ended with an exit status other than 0.

    Attributes:
        command: The command as shell text (never holds a secret).
        exit_status: What it ended with; ``-1`` when a signal ended it.
        stderr: All it wrote to standard error.
    """

    code = "command-failed"

    def __init__(
        self, message: str, *, command: str, exit_status: int, stderr: str, host: str | None = None
    ) -> None:
        super().__init__(message, host=host)
        self.command = command
        self.exit_status = exit_status
        self.stderr = stderr


class ApiUnreachable(TransportError):
    """The API server of a cluster does not answer."""

    code = "api-unreachable"


class UpstreamUnreachable(TransportError):
    """A server that bundles come from does not answer."""

    code = "upstream-unreachable"


class ApiRefused(KuberryError):
    """The API server answered with an error.

    Attributes:
        status: The HTTP status; 0 when it told none.
    """

    code = "api-refused"

    def __init__(
        self, message: str, *, host: str | None = None, status: int = 0, remedy: str = ""
    ) -> None:
        super().__init__(message, host=host, remedy=remedy)
        self.status = status


class ServerRefused(KuberryError):
    """A server of ours refused a request, for a reason that only servers have.

    Attributes:
        word: The code of its problem: ``scope``, ``too-many-runs``.
        status: The HTTP status.
    """

    code = "server-refused"

    def __init__(
        self, message: str, *, code: str, status: int, host: str | None = None, remedy: str = ""
    ) -> None:
        super().__init__(message, host=host, remedy=remedy)
        self.word = code
        self.status = status


class VerifyFailed(KuberryError):
    """The cluster is not what was promised."""

    code = "verify"


class HostBusy(KuberryError):
    """Another run holds the host."""

    code = "busy"


class CacheBusy(HostBusy):
    """Another run on this machine holds a cache or a build."""

    code = "cache-busy"
