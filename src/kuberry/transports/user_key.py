"""The user's own key pair: found, or made as ssh-keygen makes it."""

from __future__ import annotations

import dataclasses
import getpass
import os
import socket
from pathlib import Path

from kuberry.errors import UsageError
from kuberry.transports.lazy_asyncssh import asyncssh

_USUAL = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
_PRIVATE_MODE = 0o600
_PUBLIC_MODE = 0o644
_DIRECTORY_MODE = 0o700


@dataclasses.dataclass(frozen=True, slots=True)
class UserKey:
    """A public key that hosts are to let in.

    Attributes:
        line: As it stands in authorized_keys, without the end of line.
        identity_file: What to offer at a login: the private half, or where that is only in the
            agent, the public file.
        is_new: Whether it was made just now.
    """

    public_file: Path
    line: str
    fingerprint: str
    identity_file: Path
    is_new: bool = False


def find_key(chosen: Path | None, directory: Path | None = None) -> UserKey | None:
    """Return the key in the file *chosen*, else the user's usual one; ``None`` if there is none.

    Args:
        directory: Where keys are; ``None`` means ~/.ssh.

    Raises:
        UsageError: *chosen* holds no public key, or the usual key has lost its public half.
    """
    directory = directory or _usual_directory()
    if chosen is not None:
        return _read(chosen.expanduser(), directory)
    for name in _USUAL:
        if (public := directory / f"{name}.pub").is_file():
            return _read(public, directory)
    if (private := new_key_file(directory)).exists():
        raise UsageError(
            f"{private} has no public half beside it",
            remedy=f"ssh-keygen -y -f {private} > {private}.pub",
        )
    return None


def new_key_file(directory: Path | None = None) -> Path:
    """Return where `make_key` writes the private half."""
    return (directory or _usual_directory()) / _USUAL[0]


def make_key(directory: Path | None = None) -> UserKey:
    """Make the user's usual key, for one who has none; a file that is there is never overwritten.

    Raises:
        OSError: It cannot be written.
    """
    private = new_key_file(directory)
    comment = f"{getpass.getuser()}@{socket.gethostname()}"
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    private.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    public = private.with_name(private.name + ".pub")
    _write(private, key.export_private_key(), _PRIVATE_MODE)
    _write(public, key.export_public_key(), _PUBLIC_MODE)
    return _read(public, private.parent, is_new=True)


def _usual_directory() -> Path:
    return Path.home() / ".ssh"


def _read(public: Path, directory: Path, *, is_new: bool = False) -> UserKey:
    try:
        text = public.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(
            f"the public key {public} cannot be read: {reason}", remedy=_others(public, directory)
        ) from None
    if "PRIVATE KEY" in text:
        raise UsageError(
            f"{public} is a private key, which never leaves this machine",
            remedy=f"name the public one: {public}.pub",
        )
    try:
        key = asyncssh.import_public_key(text)
    except asyncssh.KeyImportError as error:
        raise UsageError(
            f"{public} holds no public key: {error}", remedy=_others(public, directory)
        ) from None
    private = public.with_suffix("")
    return UserKey(
        public_file=public,
        line=" ".join(text.split("\n", 1)[0].split()),
        fingerprint=key.get_fingerprint(),
        identity_file=private if public.suffix == ".pub" and private.is_file() else public,
        is_new=is_new,
    )


def _others(public: Path, directory: Path) -> str:
    """Return what to do where *public* is no key: the keys of *directory*, or how to get one."""
    others = sorted(one for one in directory.glob("*.pub") if one != public)
    if others:
        return f"name one that exists: {', '.join(map(str, others))}"
    return "make a key: ssh-keygen -t ed25519"


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
