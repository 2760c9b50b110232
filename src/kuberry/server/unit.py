"""The unit of systemd that runs a server with no more rights than it needs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from kuberry.errors import UsageError

_HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))
"""What ProtectHome= hides (systemd.exec(5))."""


def unit(words: Sequence[str], program: str | None = None) -> str:
    """Return the unit that runs ``kuberry serve`` with *words*.

    Args:
        program: The Python that kuberry is installed for; ``None`` means this one.

    Raises:
        UsageError: The unit would not see *program*.
    """
    python = program or sys.executable
    places = {Path(python), Path(python).resolve()}
    if any(place.is_relative_to(one) for place in places for one in _HIDDEN):
        raise UsageError(
            f"{python} lies in a home directory, which the service does not see",
            remedy="install it elsewhere: python3 -m venv /opt/kuberry",
        )
    line = (python, "-m", "kuberry", "serve", "--log", "json", *words)
    text = files("kuberry.server").joinpath("kuberry.service").read_text("utf-8")
    return text.replace("@COMMAND@", " ".join(_quoted(word) for word in line))


def _quoted(word: str) -> str:
    """Return *word* as systemd reads it back: no specifier, no variable, no second word."""
    if any(not char.isprintable() for char in word):
        raise UsageError(f"{word!r} cannot be said in a unit of systemd")
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return plain if word.isascii() and word.replace("-", "").isalnum() else f'"{plain}"'
