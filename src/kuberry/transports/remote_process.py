"""One command on an open connection: its input fed, its output drained, its end awaited."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING

from kuberry.transports.lazy_asyncssh import asyncssh
from kuberry.transports.ssh_errors import (
    foreign_errors,
    is_short_of_sessions,
    lost,
    session_error,
)
from kuberry.transports.transport import CommandResult, OnOutput, Stdin

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection, SSHClientProcess, SSHReader

_PIECE_BYTES = 256 * 1024
_SIGNALLED = -1
_REOPEN_AFTER_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


async def run_line(
    connection: SSHClientConnection,
    line: str,
    *,
    stdin: Stdin,
    on_output: OnOutput,
    host: str,
) -> CommandResult:
    """Have the login shell read *line*, and return how it ended.

    Raises:
        ConnectionLost: The connection ended first.
        TransportError: The host opens no session.
    """
    process = await _opened(connection, line, host)
    try:
        return await _attend(process, stdin, on_output, host)
    finally:
        process.close()


async def _opened(connection: SSHClientConnection, line: str, host: str) -> SSHClientProcess[bytes]:
    """Start *line* in a session of its own, and ask again where sshd has none left.

    Sshd frees a session only after it has read all that had arrived (OpenSSH, channels.c,
    channel_garbage_collect): where several commands end at once, the sessions that follow them
    are asked for before theirs are free. What was refused has not begun; asking again is safe.
    """
    for pause_s in (*_REOPEN_AFTER_S, None):
        try:
            return await connection.create_process(line, encoding=None)
        except foreign_errors() as error:
            if connection.is_closed():
                raise lost("it was closed before this command", host=host) from error
            if pause_s is None or not is_short_of_sessions(error):
                raise session_error(error, host=host) from error
        await asyncio.sleep(pause_s)
    raise AssertionError("the last refusal raises")


async def _attend(
    process: SSHClientProcess[bytes], stdin: Stdin, on_output: OnOutput, host: str
) -> CommandResult:
    with _plain_errors():
        async with asyncio.TaskGroup() as group:
            feeder = group.create_task(_feed(process, stdin))
            output = group.create_task(_drain(process.stdout, on_output, host))
            errors = group.create_task(_drain(process.stderr, on_output, host))
            await process.wait_closed()
            feeder.cancel()  # the command ended without reading all of it: its right
    if process.exit_status is None:
        raise lost("no exit status came back", host=host)
    status = _SIGNALLED if process.exit_signal else process.exit_status
    return CommandResult(status, output.result(), errors.result())


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Raise the first error of a task group as it is."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _feed(process: SSHClientProcess[bytes], stdin: Stdin) -> None:
    async with contextlib.aclosing(_pieces(stdin)) as pieces:
        async for piece in pieces:
            try:
                process.stdin.write(piece)
                await process.stdin.drain()
            except (BrokenPipeError, asyncssh.Error):
                return  # the command, or the connection, has ended: its end says how
    process.stdin.write_eof()


async def _pieces(stdin: Stdin) -> AsyncGenerator[bytes, None]:
    if not isinstance(stdin, bytes):
        async for piece in stdin:
            yield piece
        return
    view = memoryview(stdin)
    for start in range(0, len(view), _PIECE_BYTES):
        yield bytes(view[start : start + _PIECE_BYTES])


async def _drain(reader: SSHReader[bytes], on_output: OnOutput, host: str) -> bytes:
    pieces: list[bytes] = []
    while piece := await _read(reader, host):
        pieces.append(piece)
        on_output(piece)
    return b"".join(pieces)


async def _read(reader: SSHReader[bytes], host: str) -> bytes:
    try:
        return await reader.read(_PIECE_BYTES)
    except foreign_errors() as error:
        raise session_error(error, host=host) from error
