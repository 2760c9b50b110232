"""One check of a cluster at a time: so what another has left behind is surely left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kuberry.errors import CommandFailed, HostBusy
from kuberry.shell import script
from kuberry.transports.transport import CommandResult, Transport

_LONGEST_S = 1800.0
_BUSY = 75

# The lock goes with the shell, and the shell with the connection: its input ends.
_HOLD = f"""
mkdir -p /run/kuberry
exec 9>/run/kuberry/verify.lock
flock --nonblock 9 || exit {_BUSY}
echo held
cat >/dev/null
"""


@asynccontextmanager
async def only_one(transport: Transport) -> AsyncIterator[None]:
    """Hold the lock of the control plane behind *transport*.

    Raises:
        HostBusy: Another check of this cluster is under way.
        CommandFailed: The lock cannot be had.
    """
    held, release = asyncio.Event(), asyncio.Event()

    async def until_released() -> AsyncIterator[bytes]:
        await release.wait()
        yield b""

    async def hold() -> CommandResult:
        try:
            return await transport.run(
                script(_HOLD).as_root(),
                stdin=until_released(),
                deadline_s=_LONGEST_S,
                on_output=lambda piece: held.set() if b"held" in piece else None,
            )
        finally:
            held.set()

    task = asyncio.create_task(hold())
    try:
        await held.wait()
        if task.done():
            raise _refusal(task.result(), transport.host.name)
        yield
    finally:
        release.set()
        await asyncio.wait({task}, timeout=5.0)
        task.cancel()


def _refusal(result: CommandResult, host: str) -> HostBusy | CommandFailed:
    if result.exit_status == _BUSY:
        return HostBusy(
            "another `kuberry verify` of this cluster is under way",
            host=host,
            remedy="wait until it has ended",
        )
    stderr = result.stderr.decode(errors="replace")
    return CommandFailed(
        f"the lock of this check cannot be had: {stderr.strip()}",
        command="flock /run/kuberry/verify.lock",
        exit_status=result.exit_status,
        stderr=stderr,
        host=host,
    )
