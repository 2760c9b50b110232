"""The hosts as they are now."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions.status import status as look
from kuberry.api.hosts import resolve
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.status import StatusReport
from kuberry.settings import Settings


async def status(
    hosts: str | Sequence[str],
    *,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> StatusReport:
    """Look at *hosts*; one that cannot be reached is a row with the reason.

    Args:
        hosts: One host expression, or several.
        options: How to log in; ``None`` means the defaults.
        settings: Where the inventory and the lab are; ``None`` asks the environment.
        emit: Is told of first contacts and of what the user should know.

    Raises:
        HostExpressionError: A part of an expression is wrong.
        UsageError: One host is named twice with different logins, or the inventory is unusable.
    """
    found = resolve(hosts, settings or Settings(), emit)
    return await look(found, options or ConnectOptions(), emit)
