"""One host's end of the fan-out: its agent, told what to do and fed through its SSH session."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib import resources
from pathlib import Path

from kuberry.engine.fanout import words
from kuberry.errors import KuberryError, TransportError
from kuberry.shell import script
from kuberry.transports.transport import Transport

SILENCE_S = 30
_BEAT_S = 5.0
_LONGEST_RUN_S = 7 * 86_400.0
_FRAME_BYTES = 128 * 1024

# The program comes first on standard input, so that it needs no file; the secret follows there.
# One stream out: its lines come whole, and what Python has to complain of stands between them.
_START = """
command -v python3 >/dev/null || { echo 'there is no python3'; exit 127; }
exec python3 -I -c '
import sys, types
for word in sys.argv[1:]:
    name, _, size = word.partition("=")
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(sys.stdin.buffer.read(int(size)), name, "exec"), module.__dict__)
module.main(sys.stdin.buffer)
' "$@" 2>&1
"""
_MODULES = ("piece", "agent")


class Link:
    """The agent of one host.

    Args:
        hear: Is given all that it says.
    """

    def __init__(self, transport: Transport, hear: Callable[[words.Heard], None]) -> None:
        self._transport = transport
        self._hear = hear
        self._lines: list[bytes] = []
        self._feeding: dict[str, tuple[int, Path]] = {}
        self._changed = asyncio.Event()
        self._is_closing = False
        self._unfinished = b""
        self._said = ""

    async def run(self, greeting: bytes) -> str:
        """Have the agent work until it is closed; return why it ended, in its own words.

        Raises:
            TransportError: The host is gone.
        """
        files = resources.files(__package__)
        texts = {one: files.joinpath(f"{one}.py").read_bytes() for one in _MODULES}
        sizes = (f"{__package__}.{one}={len(text)}" for one, text in texts.items())
        order = script(_START, *sizes).as_root()
        try:
            await self._transport.run(
                order,
                stdin=self._orders(b"".join(texts.values()) + greeting),
                deadline_s=_LONGEST_RUN_S,
                on_output=self._listen,
            )
        except TransportError:
            raise
        except KuberryError as error:
            return error.message
        return self._said or "it ended"

    def tell(self, line: bytes) -> None:
        """Send one order."""
        self._lines.append(line)
        self._changed.set()

    def feed(self, digest: str, offset: int, path: Path) -> None:
        """Send what follows the first *offset* bytes of the file *path*."""
        self._feeding[digest] = (offset, path)
        self._changed.set()

    def stop_feeding(self, digest: str) -> None:
        """Send no more of a piece."""
        self._feeding.pop(digest, None)

    def close(self) -> None:
        """Have the agent end."""
        self._is_closing = True
        self._changed.set()

    async def _orders(self, start: bytes) -> AsyncIterator[bytes]:
        yield start
        while not self._is_closing:
            self._changed.clear()
            if self._lines:
                lines, self._lines = self._lines, []
                yield b"".join(lines)
            elif self._feeding:
                yield await self._frame()
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_BEAT_S):
                        await self._changed.wait()
                        continue
                yield words.BEAT

    async def _frame(self) -> bytes:
        """Return the next bytes of the first piece that is to be fed."""
        digest, (offset, path) = next(iter(self._feeding.items()))
        data = await asyncio.to_thread(_read, path, offset)
        if self._feeding.get(digest) == (offset, path):
            self._feeding[digest] = (offset + len(data), path)
            if len(data) < _FRAME_BYTES:
                del self._feeding[digest]
        return words.fed(digest, offset, data)

    def _listen(self, piece: bytes) -> None:
        *lines, self._unfinished = (self._unfinished + piece).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            heard = words.parse(text)
            if heard:
                self._hear(heard)
            else:
                self._said = text.strip() or self._said


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(_FRAME_BYTES)
