"""What asyncssh and sockets raise, and what a person gets to read."""

from __future__ import annotations

import errno
import socket

import asyncssh
import pytest

from kuberry.errors import (
    AuthenticationFailed,
    ConnectionLost,
    HostKeyChanged,
    KuberryError,
    TransportError,
    Unreachable,
)
from kuberry.transports.ssh_errors import foreign_errors, login_error, session_error

LOGIN = [
    (asyncssh.PermissionDenied("no"), AuthenticationFailed, "none of the keys offered"),
    (asyncssh.DisconnectError(2, "Too many authentication failures"), AuthenticationFailed, "many"),
    (asyncssh.HostKeyNotVerifiable("Host key is revoked"), HostKeyChanged, "is revoked"),
    (asyncssh.KeyExchangeFailed("no match"), Unreachable, "shares no algorithm"),
    (asyncssh.ProtocolError("Bad version"), Unreachable, "does not speak SSH: Bad version"),
    (asyncssh.ConnectionLost("reset"), Unreachable, "closed the connection before the login"),
    (asyncssh.ChannelOpenError(2, "No route"), Unreachable, "jump host cannot reach .*No route"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Unreachable, "refuses connections"),
    (OSError(errno.EHOSTUNREACH, "No route to host"), Unreachable, "No route to host"),
    (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), Unreachable, "timed out"),
    (
        OSError(errno.EHOSTUNREACH, "Connect call failed ('10.0.0.9', 22)"),
        Unreachable,
        "^red: red port 22 cannot be reached: No route to host\n",
    ),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), Unreachable, "refuses"),
    (TimeoutError("no errno"), Unreachable, "cannot be reached: no errno"),
    (socket.gaierror(socket.EAI_NONAME, "Name unknown"), Unreachable, "reached: Name unknown"),
]


@pytest.mark.parametrize(("error", "kind", "said"), LOGIN, ids=lambda value: str(value)[:30])
def test_a_login_that_fails_says_where_and_what_to_do(
    error: Exception, kind: type[KuberryError], said: str
) -> None:
    """Every foreign error has a class, a sentence, the host's name and a remedy."""
    found = login_error(error, host="red", where="red port 22", user="pi", with_password=False)
    assert isinstance(error, foreign_errors())
    assert (type(found), found.host, bool(found.remedy)) == (kind, "red", True)
    with pytest.raises(kind, match=said):
        raise found


def test_a_refused_password_is_not_a_refused_key() -> None:
    """Who gave a password reads about it."""
    denied = asyncssh.PermissionDenied("no")
    found = login_error(denied, host="red", where="", user="pi", with_password=True)
    assert "refused the password of the user 'pi'" in found.message


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (asyncssh.ConnectionLost("Server not responding"), ConnectionLost, "Server not responding"),
        (ConnectionResetError(errno.ECONNRESET, "reset by peer"), ConnectionLost, "reset by peer"),
        (asyncssh.ChannelOpenError(1, "open failed"), TransportError, "no further session"),
    ],
)
def test_a_session_that_ends_says_why(error: Exception, kind: type, said: str) -> None:
    """A connection that is gone is told from a session that is refused."""
    found = session_error(error, host="red")
    assert (type(found), found.host, bool(found.remedy)) == (kind, "red", True)
    assert said in found.message
