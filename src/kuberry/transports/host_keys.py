"""Whether the key that a host shows may be trusted.

Stricter than ssh in one point: a host that has a known key and shows one of another *type* counts
as changed. ssh takes it for new, and whoever sits in between can always offer another type.

Any machine of a network can answer to ``red.local`` (RFC 6762, section 21). So a host that was
found there for want of an address of ``red`` must show the key of ``red``, where that is known.
"""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING

from kuberry.errors import HostKeyChanged, HostKeyUnknown, TransportError
from kuberry.model.connection import HostKeyPolicy
from kuberry.model.event import Emit, HostKeyAccepted, Notice
from kuberry.transports.known_hosts import REVOKED, KnownKey, consult, entry_name, remember
from kuberry.transports.lazy_asyncssh import asyncssh
from kuberry.transports.ssh_settings import SshSettings

if TYPE_CHECKING:
    from pathlib import Path

    from asyncssh import SSHKey


class HostKeyCheck:
    """The judgement over the key of one host, for one login.

    Args:
        host: Name of the host, for what is said.
        target: Name or address that was connected to; where it is not the one of *settings*, it was
            found in its place.

    Attributes:
        refusal: Why the key was refused; ``None`` while it was not.
        name: Name that the key, or a certificate, must be for.

    Raises:
        TransportError: A known_hosts file cannot be read.
    """

    def __init__(
        self, host: str, target: str, settings: SshSettings, policy: HostKeyPolicy
    ) -> None:
        self.refusal: TransportError | None = None
        self.name = settings.known_hosts_name or target
        self._host = host
        self._settings = settings
        self._policy = policy
        self._new_key: SSHKey | None = None
        is_guess = target != settings.target and not settings.known_hosts_name
        self._asked = settings.target if is_guess else None
        try:
            self._look_up((*settings.user_known_hosts, *settings.global_known_hosts))
        except OSError as error:
            raise TransportError(
                f"{error.filename} cannot be read: {error.strerror}",
                host=host,
                remedy="make the file readable: without it no host key can be checked",
            ) from None

    def _look_up(self, files: tuple[Path, ...]) -> None:
        entries = _entries(self.name, self._settings)
        owner, self._known = consult(files, entries)
        self._entry = entries[0]
        self._expected = _keys(self._known) if owner == self._entry else []
        if self._asked:
            self._look_up_asked(files, self._asked)

    def _look_up_asked(self, files: tuple[Path, ...], asked: str) -> None:
        """Let the keys of the name that was asked for, if it has any, rule over those found."""
        owner, lines = consult(files, _entries(asked, self._settings))
        if owner is None:
            self._known += _revoked(lines)
            return
        self.name, self._entry = asked, owner
        self._known = lines + _revoked(self._known)
        self._expected = _keys(lines)

    def trusted(self) -> tuple[list[SSHKey], list[SSHKey], list[SSHKey]]:
        """Return trusted keys, trusted authorities and revoked keys."""
        by_marker = ("", "@cert-authority", REVOKED)
        keys = [[known.key for known in self._known if known.marker == one] for one in by_marker]
        return keys[0], keys[1], keys[2]

    def algorithms(self) -> list[str]:
        """Return the key algorithms to ask for: those of known keys first, then all others.

        All others, so that a host that has lost its known key is refused with a fingerprint.
        """
        keys, authorities, _ = self.trusted()
        first = [name for key in keys for name in key.sig_algorithms]
        certified = asyncssh.public_key.get_default_certificate_algs() if authorities else []
        usual = asyncssh.public_key.get_default_public_key_algs()
        preferred = [name for name in usual if name == b"ssh-ed25519"]
        return [name.decode() for name in dict.fromkeys([*certified, *first, *preferred, *usual])]

    def accepts(self, key: SSHKey) -> bool:
        """Judge a key that no file trusts; called by asyncssh before the host proves to own it."""
        if self._expected:
            self.refusal = self._changed(key, self._expected)
        elif self._policy == "strict":
            self.refusal = self._unknown(key)
        else:
            self._new_key = key
        return self.refusal is None

    async def remember_new(self, emit: Emit) -> None:
        """Write a first key to known_hosts, once the host has proven to own it.

        Raises:
            HostKeyChanged: Another login met another key of the host in the same moment.
        """
        key, files = self._new_key, self._settings.user_known_hosts
        if key is None or not files:
            return
        try:
            now = await asyncio.to_thread(
                remember, files[0], self._entry, key, is_hashed=self._settings.is_hashed
            )
        except OSError as error:
            reason = error.strerror or str(error)
            emit(Notice(host=self._host, message=f"{files[0]} was not written: {reason}"))
            return
        if key not in [known.key for known in now]:
            raise self._changed(key, now)
        if now[0].line:
            return
        emit(
            HostKeyAccepted(
                host=self._host,
                algorithm=key.get_algorithm(),
                fingerprint=key.get_fingerprint(),
                known_hosts_file=str(files[0]),
            )
        )
        if self._asked:
            emit(
                Notice(
                    host=self._host,
                    message=f"its key was written under {self._entry}, not {self._asked}: any "
                    "machine of this network can answer to that name; compare the fingerprint",
                )
            )

    def _shower(self) -> str:
        return f"what answers in place of {self._asked}" if self._asked else "the host"

    def _unknown(self, key: SSHKey) -> HostKeyUnknown:
        return HostKeyUnknown(
            f"first contact: {self._shower()} shows the key {_named(key)}; "
            "only known keys are accepted",
            host=self._host,
            remedy="compare it with `ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub` on the "
            "host, then connect once with --host-key-policy accept-new",
        )

    def _changed(self, key: SSHKey, expected: list[KnownKey]) -> HostKeyChanged:
        places = ", ".join(f"{one.file}:{one.line} has {_named(one.key)}" for one in expected)
        forget = [
            f"ssh-keygen -f {shlex.quote(str(file))} -R {shlex.quote(self._entry)}"
            for file in dict.fromkeys(one.file for one in expected)
        ]
        return HostKeyChanged(
            f"{self._shower()} shows the key {_named(key)}, but {places}",
            host=self._host,
            remedy="if the machine was set up anew, forget its old key: "
            f"{' && '.join(forget)}; if it was not, another machine answers in its place",
        )


def _entries(name: str, settings: SshSettings) -> tuple[str, ...]:
    """Return what to look up, the most exact first; an alias stands alone at every port."""
    if settings.known_hosts_name:
        return (name.lower(),)
    return tuple(dict.fromkeys((entry_name(name, settings.port), name.lower())))


def _keys(lines: list[KnownKey]) -> list[KnownKey]:
    return [known for known in lines if not known.marker]


def _revoked(lines: list[KnownKey]) -> list[KnownKey]:
    return [known for known in lines if known.marker == REVOKED]


def _named(key: SSHKey) -> str:
    return f"{key.get_fingerprint()} ({key.get_algorithm()})"
