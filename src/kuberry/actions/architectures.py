"""Look at hosts before there is a bundle: which architectures must it be for?"""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions.status import look
from kuberry.errors import PreflightFailed
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit
from kuberry.model.host import Host
from kuberry.transports.pool import connect_all


async def architectures_of(
    hosts: Sequence[Host], options: ConnectOptions, emit: Emit
) -> tuple[str, ...]:
    """Return the architectures of the userlands of *hosts*, sorted; Debian's words.

    Hosts that cannot be reached are left out: they are told of when they are deployed to.

    Raises:
        TransportError: None of them can be reached; the error is that of the first.
        PreflightFailed: None of them tells.
    """
    async with connect_all(hosts, options, emit) as connections:
        if connections.failures and not connections.transports:
            raise connections.failures[0][1]
        rows = await look(connections.all, concurrency=options.concurrency)
    facts = [row.facts.architecture for row in rows if row.facts]
    found = {one.userland for one in facts if one is not None and one.userland}
    if not found:
        raise PreflightFailed(
            "no host tells its architecture, so nobody knows which Kubernetes to download",
            remedy="kuberry bundle create --architecture …, then name what it made: --bundle NAME",
        )
    return tuple(sorted(found))
