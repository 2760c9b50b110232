"""Tokens: ``K10<digest of the authority>::<user>:<password>``, or the password alone."""

from __future__ import annotations

import hashlib
import os
import time

from tests.standins.k3s import errors

_PREFIX = "K10"


def read(path: str) -> str:
    """Return the token in a file; one that is not there is waited for, for ever.

    rancher/k3s@aef8a6a pkg/token/read.go:23-39. That others can read it is no fault to k3s.
    """
    while True:
        try:
            with open(path, encoding="utf-8") as file:  # noqa: PTH123
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise errors.Fatal(f"{path} can be read by others")
                return file.read().strip()
        except FileNotFoundError:
            print(f'level=info msg="Waiting for {path} to be available"', flush=True)
            time.sleep(2)
        except OSError as error:
            raise errors.Fatal(str(error)) from None


def parse(token: str) -> tuple[str, str, str]:
    """Return digest, user and password (rancher/k3s@aef8a6a pkg/clientaccess/token.go:120-154)."""
    if not token:
        raise errors.Fatal("token must not be empty")
    if not token.startswith(_PREFIX):
        return "", "", token
    digest, found, rest = token.removeprefix(_PREFIX).partition("::")
    if not found:
        digest, rest = "", digest
    if digest and len(digest) != 64:
        raise errors.Fatal("invalid token CA hash length")
    user, _, password = rest.partition(":")
    if not password:
        raise errors.Fatal("invalid token format")
    return digest, user, password


def whole(user: str, password: str, authority: bytes) -> str:
    """Return the token with the digest of *authority* (token.go:291-306)."""
    return f"{_PREFIX}{digest_of(authority)}::{user}:{password}"


def digest_of(authority: bytes) -> str:
    """Return the digest of an authority's file (token.go:104-107)."""
    return hashlib.sha256(authority).hexdigest()
