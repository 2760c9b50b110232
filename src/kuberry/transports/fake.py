r"""A host that is not there: for tests of kuberry, and of those who build on it.

>>> import asyncio
>>> from kuberry.shell import command
>>> fake = FakeTransport("red").reply("uname -m", stdout="aarch64\n")
>>> asyncio.run(fake.run(command("uname", "-m"))).text
'aarch64\n'
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from kuberry.errors import CommandFailed, KuberryError
from kuberry.model.host import Host
from kuberry.shell import Command, command
from kuberry.transports.transport import (
    DEFAULT_DEADLINE_S,
    CommandResult,
    OnOutput,
    OnProgress,
    Stdin,
)


class UnexpectedCommand(AssertionError):
    """A command came that no reply was given for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run, and what it read."""

    command: Command
    stdin: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class FakeFile:
    """A file of the fake host."""

    content: bytes
    mode: int = 0o644
    root: bool = False


class FakeTransport:
    """Answer commands with replies given beforehand, and keep files in memory.

    Args:
        host: The host it stands for, or its name.
        files: What the host holds at the start, by absolute path.
        forwards: Ports of this machine that `forward` yields, by remote address and port.

    Attributes:
        ran: What was run, in order.
        files: What the host holds now.
        is_closed: Whether `aclose` was called.
    """

    def __init__(
        self,
        host: Host | str = "fake",
        *,
        files: Mapping[str, bytes] | None = None,
        forwards: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        self._host = Host(name=host) if isinstance(host, str) else host
        self._forwards = dict(forwards or {})
        self._replies: list[tuple[str | re.Pattern[str], CommandResult | KuberryError]] = []
        self.files = {path: FakeFile(content) for path, content in (files or {}).items()}
        self.ran: list[Ran] = []
        self.is_closed = False

    @property
    def host(self) -> Host:
        """Return the host it stands for."""
        return self._host

    def reply(
        self,
        expected: str | re.Pattern[str] | Command,
        *,
        stdout: str | bytes = b"",
        stderr: str | bytes = b"",
        exit_status: int = 0,
    ) -> FakeTransport:
        """Have commands whose text is *expected* (or is matched by it) end like this.

        The latest reply that fits is given. Returns the transport, so that replies can be chained.
        """
        result = CommandResult(exit_status, _bytes(stdout), _bytes(stderr))
        return self._expect(expected, result)

    def fail(self, expected: str | re.Pattern[str] | Command, error: KuberryError) -> FakeTransport:
        """Have commands whose text is *expected* (or is matched by it) raise *error*."""
        return self._expect(expected, error)

    async def run(
        self,
        command: Command,
        *,
        stdin: Stdin = b"",
        deadline_s: float = DEFAULT_DEADLINE_S,  # noqa: ARG002 - a reply is there at once
        on_output: OnOutput | None = None,
    ) -> CommandResult:
        """Give the reply for *command*: its output at once, its end when *stdin* has ended.

        Raises:
            UnexpectedCommand: There is none.
        """
        result = self._find(command.text)
        if isinstance(result, CommandResult) and on_output:
            for piece in filter(None, (result.stdout, result.stderr)):
                on_output(piece)
        self.ran.append(Ran(command, await _all(stdin)))
        if isinstance(result, KuberryError):
            raise result
        return result

    async def put(
        self,
        source: bytes | Path,
        target: str,
        *,
        mode: int = 0o644,
        root: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Keep *source* as the file *target*."""
        content = (
            source if isinstance(source, bytes) else await asyncio.to_thread(source.read_bytes)
        )
        self.files[target] = FakeFile(content, mode, root)
        if on_progress:
            on_progress(len(content))

    async def get(self, path: str, *, root: bool = False) -> bytes:
        """Return the content of the file *path*.

        Raises:
            CommandFailed: There is no such file, or it is root's alone.
        """
        found = self.files.get(path)
        if found is None or (found.root and not root and not found.mode & 0o004):
            reason = "No such file or directory" if found is None else "Permission denied"
            raise CommandFailed(
                f"{path} could not be read: {reason}",
                command=command("get", path).text,
                exit_status=1,
                stderr=reason,
                host=self._host.name,
            )
        return found.content

    @asynccontextmanager
    async def forward(self, address: str, port: int) -> AsyncIterator[int]:
        """Yield the port given for *address*:*port*.

        Raises:
            UnexpectedCommand: None was given.
        """
        if (address, port) not in self._forwards:
            raise UnexpectedCommand(f"{self._host.name}: no forward for {address}:{port}")
        yield self._forwards[address, port]

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.is_closed = True

    def _expect(
        self, expected: str | re.Pattern[str] | Command, result: CommandResult | KuberryError
    ) -> FakeTransport:
        text = expected.text if isinstance(expected, Command) else expected
        self._replies.insert(0, (text, result))
        return self

    def _find(self, text: str) -> CommandResult | KuberryError:
        for expected, result in self._replies:
            if expected == text if isinstance(expected, str) else expected.search(text):
                return result
        known = "\n".join(f"  {one!r}" for one, _ in self._replies) or "  nothing"
        raise UnexpectedCommand(f"{self._host.name}: no reply for\n  {text!r}\nthere is\n{known}")


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


async def _all(stdin: Stdin) -> bytes:
    return stdin if isinstance(stdin, bytes) else b"".join([piece async for piece in stdin])
