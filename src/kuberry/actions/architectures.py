"""Look at hosts before there is a bundle: which architectures must it be for?"""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions.status import look
from kuberry.errors import PreflightFailed, TransportError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit
from kuberry.model.host import Host
from kuberry.transports.pool import connect_all


async def architectures_of(
    hosts: Sequence[Host], options: ConnectOptions, emit: Emit, *, skips: bool = False
) -> tuple[str, ...]:
    """Return the architectures of the userlands of *hosts*, sorted; Debian's words.

    Args:
        skips: Hosts that cannot be reached are left out, as long as one can be.

    Raises:
        TransportError: A host cannot be reached; the error is that of the first, and names all.
        PreflightFailed: None of them tells.
    """
    async with connect_all(hosts, options, emit) as connections:
        if connections.failures and not (skips and connections.transports):
            raise _of_all(connections.failures)
        rows = await look(connections.all, concurrency=options.concurrency)
    facts = [row.facts.architecture for row in rows if row.facts]
    found = {one.userland for one in facts if one is not None and one.userland}
    if not found:
        raise PreflightFailed(
            "no host tells its architecture, so nobody knows which Kubernetes to download",
            remedy="kuberry bundle create --architecture …, then name what it made: --bundle NAME",
        )
    return tuple(sorted(found))


def _of_all(failures: Sequence[tuple[Host, TransportError]]) -> TransportError:
    """Return the first failure; what became of the other hosts is said with it."""
    (_, first), *others = failures
    more = "".join(f"; {host.name}: {error.message}" for host, error in others)
    return type(first)(f"{first.message}{more}", host=first.host, remedy=first.remedy)
