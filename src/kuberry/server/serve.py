"""`kuberry serve`: the application behind TLS, on a socket, until a signal ends it."""

from __future__ import annotations

import dataclasses
import logging
import platform
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from kuberry.errors import UsageError
from kuberry.journal.store import Store
from kuberry.model.access_token import NewToken, Scope
from kuberry.reports.write import write_file
from kuberry.server.app import make_app
from kuberry.server.certificates import Certificates, certificates, fingerprint
from kuberry.server.logs import log_json_lines
from kuberry.server.state import Setup, State
from kuberry.server.tokens import has_admin, issue
from kuberry.settings import Settings

log = logging.getLogger(__name__)
_ADMIN_DAYS = 365
_GRACE_S = 20
_LOCAL = ("127.0.0.1", "::1", "localhost")
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What `kuberry serve` was told.

    Attributes:
        host: Address to listen on.
        port: 0 takes a free one.
        names: By which the server is called, too.
        allow_hosts: Hosts that requests may name beside those that are known.
        plain: Without TLS; only for this machine itself.
        new_admin_token: Make another token of an admin.
        log_json: Log each request and each run as a line of JSON on standard error; an admin's
            token then goes to a file.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    names: tuple[str, ...] = ()
    allow_hosts: str | None = None
    plain: bool = False
    new_admin_token: bool = False
    log_json: bool = False


def serve(wish: Wish, settings: Settings, say: Say) -> None:
    """Serve until SIGINT or SIGTERM; runs that go on are then interrupted, and say so.

    Args:
        say: Is told what the user must know: where, whom to trust, and, once, the admin's token.

    Raises:
        UsageError: It cannot be served so.
        JournalUnusable: The journal cannot be used.
    """
    if wish.log_json:
        log_json_lines()
        say = log.info
    is_local = wish.host in _LOCAL
    if wish.plain and not is_local:
        raise UsageError(
            "without TLS tokens could be read on their way",
            remedy="leave --plain out, or --host, behind a proxy of this machine",
        )
    names = _names(wish)
    files = None if wish.plain else _certificates(settings.state_dir / "server", names)
    listener = _listener(wish)
    port = int(listener.getsockname()[1])
    first = f"[{names[0]}]" if ":" in names[0] else names[0]
    url = f"{'http' if wish.plain else 'https'}://{first}:{port}"
    say(f"serving {url}")
    if files is not None:
        say(f"whom to trust: {files.authority} {fingerprint(files.authority.read_bytes())}")
    _say_token(wish, settings, say)
    called = tuple(f"[{one}]" if ":" in one else one for one in names)
    setup = Setup(
        settings=settings,
        allow_hosts=wish.allow_hosts,
        names=called,
        authority=files.authority if files else None,
    )
    _run(make_app(setup), listener, files)


def _names(wish: Wish) -> tuple[str, ...]:
    """Return all names of the server, the one it is to be called by first."""
    any_address = wish.host in {"0.0.0.0", "::"}  # noqa: S104 -- asked for
    own = (platform.node(),) if platform.node() and wish.host not in _LOCAL else ()
    listened = () if any_address else (wish.host,)
    return tuple(dict.fromkeys((*wish.names, *listened, *own, *_LOCAL)))


def _certificates(directory: Path, names: tuple[str, ...]) -> Certificates:
    try:
        return certificates(directory, names)
    except (OSError, ValueError) as error:
        message = f"the certificates in {directory} cannot be used: {error}"
        remedy = "move them away: new ones are made, and whoever trusted the old ones takes ca.pem"
        raise UsageError(message, remedy=remedy) from error


def _listener(wish: Wish) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in wish.host else socket.AF_INET
        return socket.create_server((wish.host, wish.port), family=family)
    except OSError as error:
        message = f"{wish.host} port {wish.port} cannot be had: {error.strerror}"
        raise UsageError(message, remedy="name another: --port 0 takes a free one") from error


def _say_token(wish: Wish, settings: Settings, say: Say) -> None:
    store = Store(settings.journal_file)
    if wish.new_admin_token or not has_admin(store):
        made = issue(store, NewToken(name="admin", scope=Scope.ADMIN, days=_ADMIN_DAYS))
        if wish.log_json:  # logs are kept, and others read them
            file = settings.state_dir / "server" / "admin.token"
            write_file(file, made.token + "\n")
            say(f"the admin's token is in {file}: take it, and remove the file")
        else:
            say(f"the admin's token, shown this once: {made.token}")


def _run(app: FastAPI, listener: socket.socket, files: Certificates | None) -> None:
    config = uvicorn.Config(
        app,
        log_level="warning",
        log_config=None,  # uvicorn's own would write beside ours
        access_log=False,
        server_header=False,
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=files.certificate if files else None,
        ssl_keyfile=files.key if files else None,
    )
    with listener:
        _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends the streams of events when it is to end: they would keep it for ever."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        app = self.config.app
        state = getattr(getattr(app, "state", None), "kuberry", None)
        if isinstance(state, State):
            state.tail.close()
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # uvicorn would raise it again when all is done
