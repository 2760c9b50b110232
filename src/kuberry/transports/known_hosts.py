"""known_hosts files: what they say about one name, and a new line at their end.

Names match as in ssh: the name (or ``HostKeyAlias``) alone, in lower case, never the address behind
it (``CheckHostIP`` is off since OpenSSH 8.5). Sources: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; for
ports OpenSSH's sshconnect.c, ``check_host_key`` and ``get_hostfile_hostname_ipaddr``.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kuberry.transports.file_lock import locked_for_append
from kuberry.transports.lazy_asyncssh import asyncssh
from kuberry.transports.ssh_config_words import matches_any
from kuberry.transports.ssh_settings import SSH_PORT

if TYPE_CHECKING:
    from asyncssh import SSHKey

REVOKED = "@revoked"
_DIRECTORY_MODE = 0o700
_SALT_BYTES = 20


@dataclasses.dataclass(frozen=True, slots=True)
class KnownKey:
    """One line that matches a name.

    Attributes:
        marker: ``@revoked``, ``@cert-authority`` or nothing.
        line: Its number; 0 for one that was written just now.
    """

    key: SSHKey
    marker: str
    file: Path
    line: int


def entry_name(name: str, port: int) -> str:
    """Return how known_hosts writes *name* at *port*."""
    plain = name.lower()
    return plain if port == SSH_PORT else f"[{plain}]:{port}"


def known_keys(files: Iterable[Path], entry: str) -> list[KnownKey]:
    """Return the lines of *files* that match *entry*; broken lines are passed over, as in ssh.

    Raises:
        OSError: A file is there but cannot be read.
    """
    return [known for file in files for known in _matching(file, entry)]


def consult(files: Iterable[Path], entries: Iterable[str]) -> tuple[str | None, list[KnownKey]]:
    """Return which of *entries* is the first that has keys, and the lines that count.

    Later entries stand in for it only where it has none; what they revoke counts all the same.

    Args:
        entries: The most exact one first: ``[red]:2222``, ``red``.

    Raises:
        OSError: A file is there but cannot be read.
    """
    files, owner = tuple(files), None
    lines: list[KnownKey] = []
    for entry in entries:
        found = known_keys(files, entry)
        lines += [one for one in found if owner is None or one.marker == REVOKED]
        if owner is None and any(not one.marker for one in found):
            owner = entry
    return owner, lines


def remember(file: Path, entry: str, key: SSHKey, *, is_hashed: bool) -> list[KnownKey]:
    """Write the first key of *entry* to *file*, unless another process was faster.

    Returns:
        What *file* says of *entry* afterwards: the new line, or what the other process wrote.

    Raises:
        OSError: The file cannot be written (TimeoutError: in time).
    """
    file.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    with locked_for_append(file) as descriptor:
        already = [known for known in known_keys((file,), entry) if not known.marker]
        if already:
            return already
        name = _hashed(entry) if is_hashed else entry
        line = b" ".join((name.encode(), *key.export_public_key().split()[:2])) + b"\n"
        os.write(descriptor, b"" if _ends_well(descriptor) else b"\n")
        os.write(descriptor, line)
    return [KnownKey(key, "", file, 0)]


def _ends_well(descriptor: int) -> bool:
    """Return whether the next byte written starts a line."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _matching(file: Path, entry: str) -> Iterator[KnownKey]:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return
    for number, line in enumerate(lines, 1):
        fields = line.split()
        marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) > 1 and not line.startswith("#") and _is_for(fields[0], entry):
            key = _key(" ".join(fields[1:3]))
            if key is not None and marker in {"", REVOKED, "@cert-authority"}:
                yield KnownKey(key, marker, file, number)


def _key(text: str) -> SSHKey | None:
    try:
        return asyncssh.import_public_key(text)
    except asyncssh.KeyImportError:
        return None


def _is_for(names: str, entry: str) -> bool:
    if not names.startswith("|"):
        return matches_any(entry, names.lower().split(","))
    try:
        _, magic, salt, digest = names.split("|")
        expected = hmac.digest(base64.b64decode(salt), entry.encode(), "sha1")
        return magic == "1" and hmac.compare_digest(base64.b64decode(digest), expected)
    except (ValueError, binascii.Error):
        return False


def _hashed(entry: str) -> str:
    """Return *entry* as ``HashKnownHosts yes`` writes it (HMAC-SHA1 is the file's format)."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hmac.digest(salt, entry.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
