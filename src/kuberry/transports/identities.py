"""Which keys are offered at a login, and whether a password is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from kuberry.transports.lazy_asyncssh import asyncssh
from kuberry.transports.ssh_settings import SshSettings

if TYPE_CHECKING:
    from asyncssh import SSHKeyPair


def offered(settings: SshSettings, password: SecretStr | None) -> dict[str, Any]:
    """Return asyncssh's options for what is offered to the host.

    Keys with a passphrase are passed over (the agent may hold them), as are files that are missing
    or hold no key: ssh does the same.

    Args:
        password: Offered when no key is accepted; ``None`` for keys alone.
    """
    methods = ["publickey", *(["keyboard-interactive", "password"] if password else [])]
    return {
        "username": settings.user,
        "preferred_auth": methods,
        "password": password.get_secret_value() if password else None,
        "gss_kex": False,
        "gss_auth": False,
        **_keys(settings),
        **_agent(settings),
    }


def _keys(settings: SshSettings) -> dict[str, Any]:
    if settings.identity_files is None:
        return {}
    certificates = [str(path) for path in settings.certificate_files if path.is_file()]
    pairs = [pair for path in settings.identity_files for pair in _pairs(path, certificates)]
    # An empty list would make asyncssh offer the usual keys; an iterator over nothing does not.
    return {"client_keys": pairs or iter(())}


def _pairs(path: Path, certificates: list[str]) -> list[SSHKeyPair]:
    try:
        return list(asyncssh.load_keypairs([str(path)], None, certificates, ignore_encrypted=True))
    except (OSError, ValueError):
        return []


def _agent(settings: SshSettings) -> dict[str, Any]:
    if settings.agent_path == "":
        return {"agent_path": None}
    usual = {} if settings.agent_path is None else {"agent_path": settings.agent_path}
    if not settings.is_only_identities or settings.identity_files is None:
        return usual
    allowed = [data for path in settings.identity_files for data in _public_data(path)]
    # No allowed key means all of them to asyncssh: the agent is left out instead.
    return {"agent_path": None} if not allowed else usual | {"agent_identities": allowed}


def _public_data(path: Path) -> list[bytes]:
    for candidate in (path, path.with_name(path.name + ".pub")):
        try:
            return [asyncssh.read_public_key(str(candidate)).public_data]
        except (OSError, ValueError):
            continue
    return [pair.key_public_data for pair in _pairs(path, [])]
