"""Who runs kuberry here."""

from __future__ import annotations

import getpass
import platform

from kuberry.model.operator import Operator


def operator(command: str, run: str) -> Operator:
    """Return who runs *command* as the run with id *run*: what others are told."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # neither a variable nor an entry tells
        user = "somebody"
    return Operator(who=f"{user}@{platform.node() or 'a controller'}", command=command, run=run)
