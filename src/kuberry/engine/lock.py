"""One writer per host: a lock that lives in a process on the host, tied to the SSH connection.

The process holds flock(2) on a file under /run and reads signs of life from its standard input. It
ends, and the lock with it, when the connection closes, whatever closed it: the end of the run, the
death of the controller, a reboot of the host. Where the network dies and nobody says so, it ends
for lack of signs. So a lock never outlives its holder by more than `SILENCE_S`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

from kuberry.engine.outcome import require
from kuberry.errors import CommandTimeout, HostBusy, KuberryError
from kuberry.model.event import Emit, Notice
from kuberry.model.operator import Operator
from kuberry.shell import script
from kuberry.transports.transport import CommandResult, Transport

SILENCE_S = 30
_BEAT_S = 5.0
_LONGEST_RUN_S = 7 * 86_400.0
_TAKE_S = 30.0
_RELEASE_S = 10.0
_BUSY = 75  # EX_TEMPFAIL of sysexits.h
_HELD = b"held\n"

# $1 seconds of silence, $2 who, $3 command, $4 run. The last holder takes the file away, so a
# file that was locked but is no longer there is tried again. Those who are refused are told by the
# file, which its holder writes anew. SSH_CONNECTION is not kept by sudo: its parents have it.
_LOCK = r"""
umask 077
lock=/run/kuberry.lock
while :; do
    exec 9>>"$lock" || exit 1
    if ! flock -n 9; then
        said=$(cat "$lock" 2>/dev/null)
        [ -n "$said" ] || { sleep 0.1; continue; }
        now=$(cut -d . -f 1 /proc/uptime)
        printf '%s\n' "$said" | { IFS= read -r began; echo "$((now - began))"; cat; }
        exit 75
    fi
    [ "$lock" -ef /proc/self/fd/9 ] && break
done
from= process=$$
until [ -n "$from" ] || [ "${process:-0}" -le 1 ]; do
    from=$(tr '\0' '\n' <"/proc/$process/environ" | sed -n 's/^SSH_CONNECTION=\([^ ]*\).*/\1/p')
    process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
done
printf '%s\n' "$(cut -d . -f 1 /proc/uptime)" "$2" "$from" "$3" "$4" >"$lock"
echo held
while [ "$(timeout "$1" head -c 1 9>&-)" = k ]; do :; done
rm -f "$lock"
"""


class Locks:
    """The locks that one run holds, by name of the host."""

    def __init__(self, operator: Operator, emit: Emit) -> None:
        self._operator = operator
        self._emit = emit
        self._held: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}

    async def take(self, transport: Transport) -> None:
        """Take the lock of one host.

        Raises:
            HostBusy: Another run holds it; the message names it.
            KuberryError: The host cannot be asked.
        """
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        release = asyncio.Event()
        task = asyncio.create_task(self._hold(transport, answer, release))
        try:
            await _first_of(answer, task, host=transport.host.name)
        except BaseException:
            answer.cancel()  # nobody listens any more
            await _end(release, task)
            raise
        self._held[transport.host.name] = release, task

    def holds(self, host: str) -> bool:
        """Return whether the lock of *host* is held."""
        return host in self._held

    async def release(self, host: str) -> bool:
        """Give the lock of *host* back; return whether it was held."""
        held = self._held.pop(host, None)
        if held:
            await _end(*held)
        return held is not None

    async def release_all(self) -> None:
        """Give all locks back, side by side."""
        async with asyncio.TaskGroup() as group:
            for host in tuple(self._held):
                group.create_task(self.release(host))

    async def _hold(
        self, transport: Transport, answer: asyncio.Future[None], release: asyncio.Event
    ) -> None:
        """Keep the process on the host alive until *release*; without it nobody may go on."""
        heard = bytearray()

        def listen(piece: bytes) -> None:
            heard.extend(piece)
            if heard.startswith(_HELD) and not answer.done():
                answer.set_result(None)

        words = (str(SILENCE_S), self._operator.who, self._operator.command, self._operator.run)
        try:
            result = await transport.run(
                script(_LOCK, *words).as_root(),
                stdin=_signs(release),
                deadline_s=_LONGEST_RUN_S,
                on_output=listen,
            )
            if not answer.done():
                answer.set_exception(_refused(result, transport.host.name))
                return
        except KuberryError as error:
            if not answer.done():
                answer.set_exception(error)
            return
        if not release.is_set():
            await self._lost(transport)

    async def _lost(self, transport: Transport) -> None:
        message = "its lock ended before its time (did this machine sleep?): the connection is cut"
        self._emit(Notice(host=transport.host.name, message=message))
        await transport.aclose()


@contextlib.asynccontextmanager
async def locked(
    transports: Mapping[str, Transport], operator: Operator, emit: Emit
) -> AsyncIterator[tuple[Locks, dict[str, KuberryError]]]:
    """Hold the locks of all hosts, taken side by side, for the ``async with`` block.

    Yields the locks, and by host why one was not to be had: then none is kept.
    """
    locks = Locks(operator, emit)

    async def take(transport: Transport) -> KuberryError | None:
        try:
            await locks.take(transport)
        except KuberryError as error:
            return error
        return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(take(one)) for name, one in transports.items()}
        failures = {name: error for name, task in tasks.items() if (error := task.result())}
        if failures:
            await locks.release_all()
        yield locks, failures
    finally:
        await locks.release_all()


async def _signs(release: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield signs of life until *release*."""
    while not release.is_set():
        yield b"k"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BEAT_S):
                await release.wait()


async def _first_of(answer: asyncio.Future[None], task: asyncio.Task[None], *, host: str) -> None:
    await asyncio.wait((answer, task), timeout=_TAKE_S, return_when=asyncio.FIRST_COMPLETED)
    if answer.done():
        return answer.result()
    if task.done():
        return task.result()  # a bug: it raises
    message = f"its lock gave no answer within {_TAKE_S:g} s"
    raise CommandTimeout(message, host=host, remedy="is the host overloaded? try again")


async def _end(release: asyncio.Event, task: asyncio.Task[None]) -> None:
    """Have the process on the host end; one that does not is left to the closed connection."""
    release.set()
    _, late = await asyncio.wait((task,), timeout=_RELEASE_S)
    if late:
        task.cancel()
        await asyncio.wait((task,))


def _refused(result: CommandResult, host: str) -> KuberryError:
    if result.exit_status == _BUSY:
        return _busy(result.text.splitlines(), host)
    try:
        require(result, "its lock could not be taken", host=host)
    except KuberryError as error:
        return error
    return HostBusy("its lock ended before it was held", host=host, remedy="try again")


def _busy(lines: list[str], host: str) -> HostBusy:
    age_s, who, address, command, run = (*lines, "", "", "", "", "")[:5]
    message = f"{who} is at work on it"
    if age_s.isdigit():
        since = datetime.now(UTC) - timedelta(seconds=int(age_s))
        message += f" since {since:%H:%M:%S} UTC"
    message += f", from {address or 'the host itself'}: kuberry {command}, run {run}"
    remedy = "wait until that run has ended; a lock ends with its holder, there is none to break"
    return HostBusy(message, host=host, remedy=remedy)
