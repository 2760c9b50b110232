"""The hosts' health, again and again."""

from __future__ import annotations

from collections.abc import Sequence

from kuberry.actions import watch as action
from kuberry.actions.watch import Show
from kuberry.api.hosts import resolve
from kuberry.errors import UsageError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.pulse import Pace
from kuberry.settings import Settings

SHORTEST_INTERVAL_S = 0.5


async def watch(
    hosts: str | Sequence[str],
    show: Show,
    *,
    pace: Pace | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> None:
    """Look at *hosts* again and again over kept connections, and give each report to *show*.

    A host that is lost is a row with the reason, and comes back by itself.

    Args:
        hosts: One host expression, or several.
        show: Takes a report; a plain function that does not block.
        pace: How often, and how many times; ``None`` means every 2 s until it is cancelled.
        options: How to log in; ``None`` means the defaults.
        settings: Where the inventory and the lab are; ``None`` asks the environment.
        emit: Is told of first contacts and of what the user should know.

    Raises:
        HostExpressionError: A part of an expression is wrong.
        UsageError: The interval is too short, or the inventory is unusable.
    """
    given = pace or Pace()
    if given.interval_s < SHORTEST_INTERVAL_S:
        raise UsageError(
            f"every {given.interval_s:g} s is too often for small hosts",
            remedy=f"--interval {SHORTEST_INTERVAL_S:g} or more",
        )
    found = resolve(hosts, settings or Settings(), emit)
    await action.watch(found, options or ConnectOptions(), emit, show, given)
