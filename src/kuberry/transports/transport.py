"""The seam between kuberry and a host: what every transport can do."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from kuberry.errors import CommandFailed
from kuberry.model.host import Host
from kuberry.shell import Command

DEFAULT_DEADLINE_S = 60.0

Stdin = bytes | AsyncIterator[bytes]
OnOutput = Callable[[bytes], None]
OnProgress = Callable[[int], None]
"""Takes the number of bytes sent since the last call."""


@dataclasses.dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended.

    Attributes:
        exit_status: The exit status; ``-1`` when a signal ended it.
    """

    exit_status: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        """Return whether the command succeeded."""
        return self.exit_status == 0

    @property
    def text(self) -> str:
        """Return standard output as text; bytes that are not UTF-8 are replaced."""
        return self.stdout.decode(errors="replace")

    def failure(self, message: str, *, command: str, host: str) -> CommandFailed:
        """Return the error for a command that did not succeed: *message*, and its complaints.

        Args:
            message: The sentence's beginning: ``/etc/hosts could not be read``.
        """
        stderr = self.stderr.decode(errors="replace")
        complaints = [line.strip() for line in stderr.splitlines() if line.strip()]
        return CommandFailed(
            f"{message}: {'; '.join(complaints) or f'exit status {self.exit_status}'}",
            command=command,
            exit_status=self.exit_status,
            stderr=stderr,
            host=host,
        )


class Transport(Protocol):
    """Carry commands and files to one host.

    Every method raises `kuberry.errors.ConnectionLost` when the connection ends in the middle.
    """

    @property
    def host(self) -> Host:
        """Return the host at the other end."""
        ...

    async def run(
        self,
        command: Command,
        *,
        stdin: Stdin = b"",
        deadline_s: float = DEFAULT_DEADLINE_S,
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        """Run *command* and wait for its end; an exit status other than 0 is a value, no error.

        When the caller is cancelled, the remote command is ended too.

        Args:
            stdin: What the command reads.
            deadline_s: Seconds for the whole command.
            on_output: Called with each piece of standard output and error as it arrives.

        Raises:
            CommandTimeout: It did not end in time; it has been ended.
            SudoFailed: The command is to run as root and that is not possible.
        """
        ...

    async def put(
        self,
        source: bytes | Path,
        target: str,
        *,
        mode: int = 0o644,
        root: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Write *source* to the file *target*, whole or not at all.

        Args:
            target: Absolute path; its directory exists. An existing file is replaced atomically.
            mode: Permission bits of the result.
            root: Whether root writes (and owns) it.

        Raises:
            CommandFailed: It could not be written, a full disk for example; *target* is untouched.
        """
        ...

    async def get(self, path: str, *, root: bool = False) -> bytes:
        """Return the content of the file *path*.

        Raises:
            CommandFailed: There is no such file, or it cannot be read.
        """
        ...

    def forward(self, address: str, port: int) -> AbstractAsyncContextManager[int]:
        """Open a loopback port of this machine that leads to *address*:*port* seen from the host.

        Yields the port of 127.0.0.1; it is closed at the end of the ``async with`` block.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection; safe to call twice."""
        ...
