"""How hosts ended that did not come to a plan."""

from __future__ import annotations

from collections.abc import Mapping

from kuberry.errors import CommandFailed, HostBusy, KuberryError
from kuberry.model.report import Ending, HostReport


def not_reached(failed: Mapping[str, KuberryError]) -> tuple[HostReport, ...]:
    """Return a report for each of the hosts that *failed* before their first step, by name."""
    return tuple(
        HostReport(
            host=name,
            ending=_ending(error),
            code=error.code,
            message=error.message,
            remedy=error.remedy,
        )
        for name, error in failed.items()
    )


def _ending(error: KuberryError) -> Ending:
    if isinstance(error, HostBusy):
        return "busy"
    return "failed" if isinstance(error, CommandFailed) else "unreachable"
