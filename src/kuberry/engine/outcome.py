"""What a command that failed says, in one sentence."""

from __future__ import annotations

from kuberry.errors import CommandFailed
from kuberry.transports.transport import CommandResult

_LONGEST_REASON = 300


def require(result: CommandResult, what: str, *, host: str) -> CommandResult:
    """Return *result* if the command succeeded.

    Args:
        what: The sentence's beginning: ``images could not be imported``.

    Raises:
        CommandFailed: It did not; the last line of its standard error is the reason.
    """
    if result.ok:
        return result
    stderr = result.stderr.decode(errors="replace")
    lines = [line.strip() for line in (stderr or result.text).splitlines() if line.strip()]
    reason = lines[-1][:_LONGEST_REASON] if lines else f"exit status {result.exit_status}"
    raise CommandFailed(
        f"{what}: {reason}",
        command=what,
        exit_status=result.exit_status,
        stderr=stderr or result.text,
        host=host,
    )
