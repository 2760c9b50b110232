"""A host: a machine we log in to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from kuberry.model.value import Value


class Host(Value):
    """One machine, and how to log in to it where that differs from the user's SSH settings.

    Attributes:
        name: What the user calls it: a name or an address, without user and port.
        user: Login name; ``None`` leaves it to the SSH configuration.
        port: TCP port; ``None`` leaves it to the SSH configuration.
        address: Where to connect when that is not *name*.
        identity_file: Private key to offer alone; ``None`` leaves it to the SSH configuration.
        known_hosts_file: Host keys of this host alone; ``None`` means the user's own files.
        source: Where the name was found.
    """

    name: str
    user: str | None = None
    port: int | None = None
    address: str | None = None
    identity_file: Path | None = None
    known_hosts_file: Path | None = None
    source: Literal["expression", "inventory", "lab"] = "expression"

    @property
    def target(self) -> str:
        """Return the name or address that a connection is opened to."""
        return self.address or self.name
