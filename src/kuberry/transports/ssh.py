"""A host behind SSH."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kuberry.errors import CommandTimeout, KuberryError, SudoFailed, TransportError
from kuberry.model.connection import ConnectOptions
from kuberry.model.host import Host
from kuberry.shell import Command, command, script
from kuberry.transports import sudo
from kuberry.transports.deadline import stall_timeout
from kuberry.transports.launch import SudoMode, end_command, new_run_id, preamble, start_line
from kuberry.transports.remote_process import run_line
from kuberry.transports.ssh_errors import foreign_errors, session_error
from kuberry.transports.transport import (
    DEFAULT_DEADLINE_S,
    CommandResult,
    OnOutput,
    OnProgress,
    Stdin,
)
from kuberry.transports.upload import opened, receive, stream

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection

log = logging.getLogger(__name__)

CONCURRENT_COMMANDS = 8  # sshd_config(5): MaxSessions is 10; two are left to end commands with
_STALL_S = 60.0
_SLOWEST_CARD_BYTES_PER_S = 2_000_000  # what a worn SD card takes when all is synced at once
_END_DEADLINE_S = 10.0
_CLOSE_DEADLINE_S = 5.0


class SshTransport:
    """Carry commands and files to one host over one SSH connection.

    Args:
        user: Whom the connection is logged in as.
    """

    def __init__(
        self,
        host: Host,
        connection: SSHClientConnection,
        *,
        user: str,
        options: ConnectOptions,
    ) -> None:
        self._host = host
        self._connection = connection
        self._user = user
        self._password = options.sudo_password
        self._on_close: Callable[[], Awaitable[None]] | None = None
        self._slots = asyncio.Semaphore(CONCURRENT_COMMANDS)
        self._sudo_lock = asyncio.Lock()
        self._sudo: SudoMode | SudoFailed | None = None

    @property
    def host(self) -> Host:
        """Return the host at the other end."""
        return self._host

    @property
    def user(self) -> str:
        """Return whom the connection is logged in as."""
        return self._user

    @property
    def host_key(self) -> tuple[str, str] | None:
        """Return algorithm and fingerprint of the key that the host has proven to own."""
        key = self._connection.get_server_host_key()
        return (key.get_algorithm(), key.get_fingerprint()) if key else None

    async def run(
        self,
        command: Command,
        *,
        stdin: Stdin = b"",
        deadline_s: float = DEFAULT_DEADLINE_S,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        """Run *command*; see `kuberry.transports.transport.Transport.run`."""
        async with self._slots:
            mode = await self.sudo_mode() if command.root else None
            try:
                async with asyncio.timeout(deadline_s):
                    return await self._attend(command, mode, stdin, on_output or _ignore)
            except TimeoutError:
                raise self._too_late(command, f"{deadline_s:g} s") from None

    async def put(
        self,
        source: bytes | Path,
        target: str,
        *,
        mode: int = 0o644,
        root: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Write *source* to *target*; see `kuberry.transports.transport.Transport.put`."""
        with opened(source) as (content, size):
            order = receive(target, size, mode)
            result = await self._transfer(
                order.as_root() if root else order,
                lambda moved: stream(content, size, _both(moved, on_progress)),
                stall_s=_STALL_S + size / _SLOWEST_CARD_BYTES_PER_S,
            )
        self._require(result, f"{target} could not be written", command("put", target))

    async def get(self, path: str, *, root: bool = False) -> bytes:
        """Return the content of *path*; see `kuberry.transports.transport.Transport.get`."""
        order = script('cat < "$1"', path)
        result = await self._transfer(order.as_root() if root else order, None, stall_s=_STALL_S)
        self._require(result, f"{path} could not be read", command("get", path))
        return result.stdout

    @asynccontextmanager
    async def forward(self, address: str, port: int) -> AsyncIterator[int]:
        """Open a way to *address*:*port*; see `kuberry.transports.transport.Transport.forward`."""
        try:
            listener = await self._connection.forward_local_port("127.0.0.1", 0, address, port)
        except foreign_errors() as error:
            raise session_error(error, host=self._host.name) from error
        try:
            yield listener.get_port()
        finally:
            listener.close()
            await listener.wait_closed()

    def on_close(self, action: Callable[[], Awaitable[None]]) -> None:
        """Have *action* done when the connection has been closed."""
        self._on_close = action

    async def aclose(self) -> None:
        """Close the connection; safe to call twice."""
        self._connection.close()
        try:
            async with asyncio.timeout(_CLOSE_DEADLINE_S):
                await self._connection.wait_closed()
        except TimeoutError:
            self._connection.abort()
        if self._on_close:
            await self._on_close()

    async def sudo_mode(self) -> SudoMode:
        """Return how root is reached; found out once for the connection, also when it is refused.

        Raises:
            SudoFailed: There is no way to become root.
        """
        async with self._sudo_lock:
            if self._sudo is None:
                self._sudo = await self._probe_sudo()
        if isinstance(self._sudo, SudoFailed):
            raise self._sudo
        return self._sudo

    async def _probe_sudo(self) -> SudoMode | SudoFailed:
        order, stdin = sudo.probe(self._password)
        try:
            async with asyncio.timeout(DEFAULT_DEADLINE_S):
                result = await self._attend(order, None, stdin, _ignore)
            return sudo.mode_from(result, host=self._host.name, user=self._user)
        except TimeoutError:
            raise self._too_late(command("sudo", "true"), f"{DEFAULT_DEADLINE_S:g} s") from None
        except SudoFailed as error:
            return error

    async def _attend(
        self, command: Command, mode: SudoMode | None, stdin: Stdin, on_output: OnOutput
    ) -> CommandResult:
        """Run *command* to its end; when we cannot wait for that, end it."""
        run_id = new_run_id()
        try:
            return await self._start(command, run_id, mode, stdin, on_output)
        except TransportError:
            raise
        except BaseException:
            await self._end(run_id, mode)
            raise

    async def _start(
        self,
        command: Command,
        run_id: str,
        mode: SudoMode | None,
        stdin: Stdin,
        on_output: OnOutput,
    ) -> CommandResult:
        password = self._password.get_secret_value() if self._password else None
        return await run_line(
            self._connection,
            start_line(command, run_id, mode),
            stdin=_behind(preamble(run_id, mode, password), stdin),
            on_output=on_output,
            host=self._host.name,
        )

    async def _end(self, run_id: str, mode: SudoMode | None) -> None:
        """End what *run_id* started; a host that cannot be asked any more is only logged."""
        try:
            async with asyncio.timeout(_END_DEADLINE_S):
                done = await self._start(end_command(run_id), new_run_id(), mode, b"", _ignore)
            if not done.ok:
                log.warning("%s: run %s could not be ended", self._host.name, run_id)
        except (KuberryError, TimeoutError) as error:
            log.warning("%s: run %s could not be ended: %s", self._host.name, run_id, error)

    async def _transfer(
        self,
        order: Command,
        pieces: Callable[[OnProgress], AsyncIterator[bytes]] | None,
        *,
        stall_s: float,
    ) -> CommandResult:
        """Run *order* as long as bytes keep moving."""
        async with self._slots:
            mode = await self.sudo_mode() if order.root else None
            try:
                async with stall_timeout(stall_s) as touch:
                    stdin = pieces(lambda _bytes: touch()) if pieces else b""
                    return await self._attend(order, mode, stdin, lambda _piece: touch())
            except TimeoutError:
                raise self._too_late(order, f"{stall_s:g} s without a byte moved") from None

    def _too_late(self, command: Command, limit: str) -> CommandTimeout:
        return CommandTimeout(
            f"the command did not end in {limit} and was ended: {_first_line(command)}",
            host=self._host.name,
            remedy="is the host overloaded, or waiting for something? Try it there by hand",
        )

    def _require(self, result: CommandResult, message: str, named: Command) -> None:
        if not result.ok:
            raise result.failure(message, command=named.text, host=self._host.name)


def _first_line(command: Command) -> str:
    lines = [line for line in command.text.splitlines() if line.strip()] or [""]
    return lines[0]


def _ignore(_piece: bytes) -> None:
    """Take a piece of output and forget it."""


def _both(first: OnProgress, second: OnProgress | None) -> OnProgress:
    def call(count: int) -> None:
        first(count)
        if second:
            second(count)

    return call


def _behind(start: bytes, stdin: Stdin) -> Stdin:
    """Return *start* and then *stdin*."""
    if isinstance(stdin, bytes):
        return start + stdin

    async def joined() -> AsyncIterator[bytes]:
        if start:
            yield start
        async for piece in stdin:
            yield piece

    return joined() if start else stdin
