"""How one host is logged in to: the user's words and the SSH configuration, put together."""

from __future__ import annotations

import dataclasses
import getpass
import os.path
import re
import socket
from collections.abc import Sequence
from pathlib import Path

from kuberry.errors import UsageError
from kuberry.model.host import Host
from kuberry.transports.ssh_config_file import ConfigValues

SSH_PORT = 22
_HIGHEST_PORT = 65535
_USER_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}


@dataclasses.dataclass(frozen=True, slots=True)
class SshSettings:
    """How one host is logged in to.

    Attributes:
        target: Name or address that a connection is opened to.
        is_target_given: Whether somebody chose *target*, so that it is not to be guessed at.
        identity_files: Private keys to offer; ``None`` means ssh's usual ones.
        is_only_identities: Whether the agent may offer no other keys than those.
        agent_path: The agent's socket; empty for no agent, ``None`` for the usual one.
        jumps: Hosts to go through, each as ``[user@]name[:port]``.
        proxy_command: Shell text of a program that carries the connection.
        known_hosts_name: Name under which the host's key is kept; ``None`` means *target*.
        user_known_hosts: Files to look in; the first one is written to.
        is_hashed: Whether names are written to known_hosts as hashes.
    """

    target: str
    is_target_given: bool
    user: str
    port: int
    family: socket.AddressFamily
    identity_files: tuple[Path, ...] | None
    certificate_files: tuple[Path, ...]
    is_only_identities: bool
    agent_path: str | None
    jumps: tuple[str, ...]
    proxy_command: str | None
    known_hosts_name: str | None
    user_known_hosts: tuple[Path, ...]
    global_known_hosts: tuple[Path, ...]
    is_hashed: bool


def settings_for(host: Host, files: Sequence[Path]) -> SshSettings:
    """Return how *host* is logged in to; its own fields win over *files*.

    Raises:
        UsageError: A configuration file cannot be used.
    """
    values = ConfigValues(host.name, user=host.user, port=host.port)
    values.read(files)
    hostname = values.first("hostname")
    target = host.address or (_expand(hostname, {"h": host.name}) if hostname else host.name)
    user = values.first("user") or getpass.getuser()
    tokens = _tokens(host.name, target, user, port := _port(values))
    jumps, proxy_command = _proxy(values, tokens)
    own_hosts = (host.known_hosts_file,) if host.known_hosts_file else None
    return SshSettings(
        target=target,
        is_target_given=bool(host.address or hostname),
        user=user,
        port=port,
        family=_FAMILIES.get((values.first("addressfamily") or "").lower(), socket.AF_UNSPEC),
        identity_files=(host.identity_file,)
        if host.identity_file
        else _paths(values, "identityfile", None, tokens),
        certificate_files=_paths(values, "certificatefile", (), tokens) or (),
        is_only_identities=bool(host.identity_file) or values.is_set("identitiesonly"),
        agent_path=_agent(values, tokens),
        jumps=jumps,
        proxy_command=proxy_command,
        known_hosts_name=values.first("hostkeyalias"),
        user_known_hosts=own_hosts
        or _paths(values, "userknownhostsfile", _USER_KNOWN_HOSTS, tokens)
        or (),
        global_known_hosts=()
        if own_hosts
        else _paths(values, "globalknownhostsfile", _GLOBAL_KNOWN_HOSTS, tokens) or (),
        is_hashed=values.is_set("hashknownhosts"),
    )


def _port(values: ConfigValues) -> int:
    text = values.first("port") or str(SSH_PORT)
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise UsageError(f"the SSH configuration has no port {text!r}", host=values.host)
    return int(text)


def _proxy(values: ConfigValues, tokens: dict[str, str]) -> tuple[tuple[str, ...], str | None]:
    """Return the way through other hosts; ssh lets whichever of both comes first win."""
    jump, program = values.first("proxyjump"), values.first("proxycommand")
    order = values.keywords()
    if jump and program and order.index("proxycommand") < order.index("proxyjump"):
        jump = None
    if jump and jump.lower() != "none":
        return tuple(_expand(part, tokens) for part in jump.split(",")), None
    if program and not jump and program.lower() != "none":
        return (), _expand(program, tokens)
    return (), None


def _agent(values: ConfigValues, tokens: dict[str, str]) -> str | None:
    said = values.first("identityagent")
    if said is None or said == "SSH_AUTH_SOCK":
        return None
    return "" if said.lower() == "none" else str(_path(said, tokens))


def _paths(
    values: ConfigValues, keyword: str, default: Sequence[str] | None, tokens: dict[str, str]
) -> tuple[Path, ...] | None:
    said = values.every(keyword)
    if said is None and default is None:
        return None
    chosen = said if said is not None else list(default or ())
    return () if [one.lower() for one in chosen] == ["none"] else _each(chosen, tokens)


def _each(chosen: list[str], tokens: dict[str, str]) -> tuple[Path, ...]:
    return tuple(_path(one, tokens) for one in chosen)


def _path(text: str, tokens: dict[str, str]) -> Path:
    expanded = _expand(text, tokens)
    return Path(os.path.expandvars(expanded) if "${" in expanded else expanded).expanduser()


def _tokens(name: str, target: str, user: str, port: int) -> dict[str, str]:
    """Return what ``%`` letters stand for; source: ssh_config(5), TOKENS."""
    local = socket.gethostname()
    return {
        "d": str(Path.home()),
        "h": target,
        "k": target,
        "L": local.partition(".")[0],
        "l": local,
        "n": name,
        "p": str(port),
        "r": user,
        "u": getpass.getuser(),
    }


def _expand(text: str, tokens: dict[str, str]) -> str:
    known = tokens | {"%": "%"}
    return re.sub(r"%(.)", lambda found: known.get(found[1], found[0]), text)
