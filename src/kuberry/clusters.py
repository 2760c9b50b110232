"""The wishes of the clusters that were deployed from here, so that later commands know them.

``clusters/NAME.yaml`` holds the wish and no secret; ``clusters/last`` names the last one used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import ValidationError

from kuberry.errors import PreflightFailed, UsageError
from kuberry.hostlist import fold
from kuberry.model.cluster import Cluster

_LONGEST_NAME = 40
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def name_of(hosts: Iterable[str]) -> str:
    """Return the name a cluster of *hosts* has by default: their fold, as a DNS label."""
    expression = fold(hosts).lower()
    words = re.sub(r"[^a-z0-9]+", "-", expression).strip("-")
    if len(words) <= _LONGEST_NAME:
        return words
    digest = hashlib.sha256(expression.encode()).hexdigest()[:6]
    return f"{words[: _LONGEST_NAME - 7].strip('-')}-{digest}"


def check_name(name: str) -> str:
    """Return *name* if a cluster can be called so.

    Raises:
        UsageError: It is no DNS label of at most 40 characters.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a cluster",
            remedy=f"use small letters, digits and inner hyphens, at most {_LONGEST_NAME}",
        )
    return name


class Clusters:
    """The remembered clusters of one user.

    Args:
        directory: Where they are kept; made when the first is saved.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def names(self) -> tuple[str, ...]:
        """Return the names of all that are remembered."""
        return tuple(sorted(path.stem for path in self._directory.glob("*.yaml")))

    def find(self, name: str) -> Cluster | None:
        """Return the cluster called *name*, or ``None``.

        Raises:
            UsageError: Its file cannot be read.
        """
        path = self._path(name)
        try:
            return Cluster.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            remedy = "put it right, or remove it and deploy again: the hosts know the rest"
            raise UsageError(f"{path} cannot be read: {reason}", remedy=remedy) from None

    def readable(self) -> tuple[Cluster, ...]:
        """Return all clusters whose files can be read, the last one used first."""
        found = []
        for name in sorted(self.names(), key=lambda one: one != self._last()):
            with contextlib.suppress(UsageError):
                found.append(self.find(name))
        return tuple(one for one in found if one)

    def load(self, name: str | None) -> Cluster:
        """Return the cluster called *name*, or the last one used.

        Raises:
            UsageError: There is none, or its file cannot be read.
        """
        wanted = name or self._last()
        found = self.find(wanted) if wanted else None
        if found:
            return found
        known = ", ".join(self.names())
        if not known:
            remedy = 'deploy one first: kuberry deploy --hosts "red,red[01-02]"'
            raise UsageError("no cluster is known here", remedy=remedy)
        message = f"no cluster {wanted!r} is known here" if wanted else "no cluster was used yet"
        raise UsageError(message, remedy=f"name one with --cluster: {known}")

    def save(self, cluster: Cluster) -> None:
        """Remember *cluster*, and that it is the last one used.

        Raises:
            PreflightFailed: Its file cannot be written.
        """
        text = yaml.safe_dump(cluster.model_dump(mode="json"), sort_keys=False)
        path = self._path(cluster.name)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            _write(path, text)
            _write(self._directory / "last", f"{cluster.name}\n")
        except OSError as error:
            message = f"the cluster cannot be remembered: {path}: {error.strerror}"
            raise PreflightFailed(message, remedy="make room, or the place writable") from None

    def forget(self, name: str) -> None:
        """Remove the cluster called *name*, if it is remembered."""
        self._path(name).unlink(missing_ok=True)
        if self._last() == name:
            (self._directory / "last").unlink()

    def _last(self) -> str | None:
        try:
            return (self._directory / "last").read_text("utf-8").strip() or None
        except FileNotFoundError:
            return None

    def _path(self, name: str) -> Path:
        return self._directory / f"{check_name(name)}.yaml"


def _write(path: Path, text: str) -> None:
    """Write *text* whole or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(text)
    Path(file.name).replace(path)
    if os.name == "posix":
        path.chmod(0o600)
