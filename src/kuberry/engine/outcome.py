"""What a command that failed says, in one sentence."""

from __future__ import annotations

import re

from kuberry.errors import CommandFailed
from kuberry.transports.transport import CommandResult

_LONGEST_REASON = 300
_COMPLAINT = re.compile(r"\[?(error|fatal|e:|panic|failed)\b", re.IGNORECASE)


def require(result: CommandResult, what: str, *, host: str) -> CommandResult:
    """Return *result* if the command succeeded.

    Args:
        what: The sentence's beginning: ``images could not be imported``.

    Raises:
        CommandFailed: It did not; the reason is the last line that calls itself an error, else the
            last line of all.
    """
    if result.ok:
        return result
    stderr = result.stderr.decode(errors="replace")
    lines = [line.strip() for line in (stderr or result.text).splitlines() if line.strip()]
    complaints = [line for line in lines if _COMPLAINT.match(line)]
    reason = (complaints or lines or [f"exit status {result.exit_status}"])[-1][:_LONGEST_REASON]
    raise CommandFailed(
        f"{what}: {reason}",
        command=what,
        exit_status=result.exit_status,
        stderr=stderr or result.text,
        host=host,
    )
