"""Which servers stand in for upstream's, for people with a mirror of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from kuberry.model.value import Value


class Upstream(Value):
    """The way to upstream's servers; docs/bundles.md describes it for users.

    Attributes:
        mirror: Address below which every server is found by its name: ``MIRROR/github.com/…``.
        servers: Address by name of the server that it stands in for; wins over *mirror*.
        ca_file: Certificates (PEM) that are trusted beside the system's.
    """

    mirror: str | None = None
    servers: Mapping[str, str] = Field(default_factory=dict)
    ca_file: Path | None = None
