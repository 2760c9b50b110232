"""Hosts in the networks of this machine."""

from __future__ import annotations

from kuberry.actions.find import Search
from kuberry.actions.find import find as look
from kuberry.model.event import Emit, ignore
from kuberry.model.found import FindReport


async def find_hosts(search: Search | None = None, *, emit: Emit = ignore) -> FindReport:
    """Look for hosts in the networks of this machine.

    What it knows already is read (neighbours, mDNS); only a sweep asks around.

    Args:
        search: How to look; ``None`` means without a sweep.
        emit: Is told what is done.

    Raises:
        UsageError: The network is none of ours or too large, or this machine has no iproute2.
    """
    return await look(search or Search(), emit)
