"""Where this machine keeps what kuberry needs."""

from __future__ import annotations

from pathlib import Path

from kuberry.facts.controller import Places
from kuberry.settings import Settings


def places(settings: Settings) -> Places:
    """Return where this machine keeps what kuberry needs."""
    return Places(
        state_dir=settings.state_dir,
        cache_dir=settings.cache_dir,
        ssh_dir=Path.home() / ".ssh",
        agent_socket=settings.agent_socket,
    )
