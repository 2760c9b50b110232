"""The one map from what asyncssh and sockets raise to kuberry's errors."""

from __future__ import annotations

import os

from kuberry.errors import (
    AuthenticationFailed,
    ConnectionLost,
    HostKeyChanged,
    TransportError,
    Unreachable,
)
from kuberry.transports.lazy_asyncssh import asyncssh

_TOO_MANY = "too many authentication failures"


def foreign_errors() -> tuple[type[Exception], ...]:
    """Return what this map knows: all that asyncssh and sockets raise."""
    return (asyncssh.Error, OSError)


def login_error(
    error: Exception, *, host: str, where: str, user: str, with_password: bool
) -> TransportError:
    """Return what *error* means when it happened before the login was complete.

    Args:
        where: Address and port, for people.
        with_password: Whether a password was offered, too.
    """
    if _TOO_MANY in str(error).lower():
        return AuthenticationFailed(
            f"the host was offered too many keys for the user {user!r}",
            host=host,
            remedy="name the right one: `IdentityFile` and `IdentitiesOnly yes` in ~/.ssh/config",
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return _refused_login(host=host, user=user, with_password=with_password)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return HostKeyChanged(
            f"the key of the host cannot be trusted: {error.reason}",
            host=host,
            remedy="look at its lines in known_hosts: a key marked @revoked, or a certificate "
            "that does not hold",
        )
    if isinstance(error, OSError):
        return _no_connection(error, host=host, where=where)
    reason = getattr(error, "reason", str(error))
    message, remedy = _broken_off(error, where)
    return Unreachable(f"{message}: {reason}", host=host, remedy=remedy)


def session_error(error: Exception, *, host: str) -> TransportError:
    """Return what *error* means when it happened after the login."""
    if isinstance(error, asyncssh.ChannelOpenError):
        return TransportError(
            f"the host opens no further session: {error.reason}",
            host=host,
            remedy="look at MaxSessions and AllowTcpForwarding in its sshd_config",
        )
    reason = getattr(error, "reason", None) or str(error) or type(error).__name__
    return lost(reason, host=host)


def is_short_of_sessions(error: Exception) -> bool:
    """Say whether *error* is what sshd answers when MaxSessions are open (RFC 4254, 5.1)."""
    return isinstance(error, asyncssh.ChannelOpenError) and error.code in (
        asyncssh.OPEN_CONNECT_FAILED,
        asyncssh.OPEN_RESOURCE_SHORTAGE,
    )


def lost(reason: str, *, host: str) -> ConnectionLost:
    """Return the error for a connection that ended in the middle."""
    return ConnectionLost(
        f"the connection ended: {reason}",
        host=host,
        remedy="is the machine still on? The same line goes on where this one stopped",
    )


def _broken_off(error: Exception, where: str) -> tuple[str, str]:
    if isinstance(error, asyncssh.ChannelOpenError):
        return f"the jump host cannot reach {where}", "is the machine on, and its name right?"
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return f"{where} shares no algorithm with us", "update the SSH server of the host"
    if isinstance(error, asyncssh.ProtocolError):
        return f"what answers at {where} does not speak SSH", "check the port"
    return (
        f"{where} closed the connection before the login",
        "look at the log of sshd on the host; it may be starting, or refuse this address",
    )


def _refused_login(*, host: str, user: str, with_password: bool) -> AuthenticationFailed:
    if with_password:
        return AuthenticationFailed(
            f"the host refused the password of the user {user!r}",
            host=host,
            remedy=f"is {user} the right user, and the password theirs? The server must allow "
            "passwords, too: `PasswordAuthentication yes` in its sshd_config",
        )
    return AuthenticationFailed(
        f"the host takes none of the keys offered for the user {user!r}",
        host=host,
        remedy=f"is {user} the right user? `kuberry hosts setup {host} --user {user}` installs "
        "your key with a password; a key with a passphrase must be in the agent (`ssh-add`)",
    )


def _no_connection(error: OSError, *, host: str, where: str) -> Unreachable:
    if isinstance(error, ConnectionRefusedError):
        message = f"{where} refuses connections"
        remedy = "start the SSH server there (`sudo systemctl enable --now ssh`), or give its port"
    else:
        message = f"{where} cannot be reached: {_cause(error)}"
        remedy = "is the machine on, and in this network?"
    return Unreachable(message, host=host, remedy=remedy)


def _cause(error: OSError) -> str:
    """Return the system's words, for asyncio puts "Connect call failed" in their place."""
    if error.errno and error.errno > 0:  # those of look-ups are below, with words of their own
        return os.strerror(error.errno)
    return error.strerror or str(error)
