"""The user's kubeconfig on disk: read, and replaced whole or not at all, with a backup."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from kuberry.errors import UsageError
from kuberry.kube.kubeconfig import Config

_LOCK_S = 5.0
_PAUSE_S = 0.05
_MODE = 0o600


def update(path: Path, change: Callable[[Config], Config]) -> tuple[bool, Path | None]:
    """Replace the file by what *change* makes of it, unless that is the same.

    Returns:
        Whether it was written, and where it is kept as it was before (``None``: nowhere).

    Raises:
        UsageError: It is no kubeconfig, cannot be written, or another program holds its lock.
    """
    target = path.resolve()  # a link to the file in a folder of dot files stays a link
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(target):
            before = read(target)
            after = change(before)
            if after == before:
                return False, None
            backup = _back_up(target)
            _write(target, yaml.safe_dump(after, sort_keys=False).encode())
            return True, backup
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            remedy="name another file: KUBECONFIG=FILE",
        ) from None


def read(path: Path) -> Config:
    """Return what the file says; a missing or empty one says nothing.

    Raises:
        UsageError: It is no kubeconfig.
    """
    try:
        value = yaml.safe_load(path.read_bytes())
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        # Of the error only the place: the rest quotes the file, and with it secrets.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise _unusable(path, f"it is no YAML{where}") from None
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(
        isinstance(value.get(word) or [], list) for word in ("clusters", "users", "contexts")
    ):
        raise _unusable(path, "it is no kubeconfig")
    return value


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock that kubectl takes, too (client-go, clientcmd/config.go: lockFile)."""
    lock = path.with_name(f"{path.name}.lock")
    end = time.monotonic() + _LOCK_S
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE))
            break
        except FileExistsError:
            if time.monotonic() > end:
                raise UsageError(
                    f"{path} is locked by another program",
                    remedy=f"wait for it; if there is none, remove {lock}",
                ) from None
            time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _back_up(path: Path) -> Path | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    backup = path.with_name(f"{path.name}.before-kuberry")
    _write(backup, content)
    return backup


def _write(path: Path, content: bytes) -> None:
    """Write *content* whole or not at all; nobody else may ever read it (mkstemp: 0600)."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _unusable(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path} cannot be used: {reason}", remedy="put it right, or name another: KUBECONFIG=FILE"
    )
