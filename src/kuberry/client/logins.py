"""Servers that the user has logged in to: whom to trust, and with which token to ask.

``config_dir/servers/HOST_PORT/`` holds ``ca.pem`` and ``token``, for the user alone (0600).
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import ssl
from pathlib import Path

import httpx2
from pydantic import SecretStr

from kuberry.client.client import Client
from kuberry.client.failures import unreachable
from kuberry.errors import UsageError
from kuberry.reports.write import write_file
from kuberry.settings import Settings

_TIMEOUT_S = 30.0
_OTHERS = 0o077


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """How to ask one server.

    Attributes:
        authority: Whom to trust (PEM); ``None`` trusts whom the system trusts.
    """

    url: str
    token: SecretStr
    authority: str | None

    def client(self) -> Client:
        """Return what asks it; to be closed."""
        return Client(self.url, self.token.get_secret_value(), ca_text=self.authority)


def login_for(url: str, settings: Settings) -> Login:
    """Return how to ask the server at *url*: as the environment says, else as was logged in.

    Raises:
        UsageError: There is no token for it, or its file is readable by others.
    """
    directory = _directory(url, settings)
    kept_ca = directory / "ca.pem"
    token = settings.token
    if token is None:
        token = _read_token(settings.token_file or directory / "token", url)
    ca_file = settings.server_ca_file or (kept_ca if kept_ca.exists() else None)
    return Login(url, token, read_authority(ca_file) if ca_file else None)


def keep(login: Login, settings: Settings) -> Path:
    """Keep *login* for the lines to come; return where.

    Raises:
        OSError: It cannot be written.
    """
    directory = _directory(login.url, settings)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(directory / "token", login.token.get_secret_value() + "\n")
    if login.authority is not None:
        write_file(directory / "ca.pem", login.authority)
    else:
        (directory / "ca.pem").unlink(missing_ok=True)
    return directory


def forget(url: str, settings: Settings) -> bool:
    """Forget the token for the server at *url*, and whom it trusts; return whether it was known.

    Raises:
        OSError: The files cannot be removed.
    """
    directory = _directory(url, settings)
    known = (directory / "token").exists()
    for name in ("token", "ca.pem"):
        (directory / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        directory.rmdir()
    return known


def read_authority(file: Path) -> str:
    """Return the certificates in *file*.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return file.read_text("ascii")
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def authority_of(url: str) -> str:
    """Return the certificate (PEM) that the server at *url* says to trust.

    Nothing proves it: compare its `fingerprint` with what `kuberry serve` said there.

    Raises:
        Unreachable: It does not answer.
        UsageError: It has none.
    """
    try:
        answer = httpx2.get(
            f"{url.rstrip('/')}/ca.pem",
            verify=False,  # nothing secret is sent, and what comes is compared
            trust_env=False,
            timeout=_TIMEOUT_S,
        )
    except httpx2.TransportError as error:
        raise unreachable(url, error) from error
    text = answer.text if answer.is_success else ""
    try:
        fingerprint(text)
    except ValueError:
        raise UsageError(f"{url} has no authority of its own: is it a kuberry?") from None
    return text


def fingerprint(authority: str) -> str:
    """Return the SHA-256 of a certificate (PEM), as ``kuberry serve`` says it.

    Raises:
        ValueError: *authority* is no certificate.
    """
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(authority)).hexdigest()


def is_same(said: str, found: str) -> bool:
    """Return whether the fingerprint *said*, in any of the usual spellings, is *found*."""
    plain = said.lower().removeprefix("sha256:").replace(":", "")
    return plain == found


def _read_token(file: Path, url: str) -> SecretStr:
    try:
        mode = file.stat().st_mode
        text = file.read_text("ascii").strip()
    except (OSError, ValueError):
        text, mode = "", 0
    if os.name == "posix" and mode & _OTHERS:
        raise UsageError(f"{file} can be read by others", remedy=f"chmod 600 {file}")
    if not text:
        remedy = f"kuberry server login {url}, or KUBERRY_TOKEN"
        raise UsageError(f"there is no token for {url}", remedy=remedy)
    return SecretStr(text)


def _directory(url: str, settings: Settings) -> Path:
    where = re.sub(r"^https?://", "", url.rstrip("/")).lower()
    return settings.servers_dir / (re.sub(r"[^a-z0-9.-]", "_", where) or "_")
