"""A file sent to a host: whole or not at all."""

from __future__ import annotations

import asyncio
import io
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kuberry.errors import UsageError
from kuberry.shell import Command, script
from kuberry.transports.transport import OnProgress

_PIECE_BYTES = 1024 * 1024

# SSH proves that the bytes which arrive are those that were sent; that they are *all* of them, and
# all on the disk, only the size and sync can tell: the input also ends where the connection does.
# The traps stand before the file does; PIPE, because a lost connection takes standard error along.
_RECEIVE = r"""
set -eu
target=$1 size=$2 mode=$3 directory=${1%/*}
temporary=$directory/.kuberry-$4
umask 077
trap 'rm -f "$temporary"' EXIT
trap 'exit 143' HUP INT PIPE TERM
set -C
cat >"$temporary"
written=$(stat -c %s "$temporary")
[ "$written" -eq "$size" ] || { echo "$written of $size bytes arrived" >&2; exit 1; }
chmod "$mode" "$temporary"
sync "$temporary"
mv -fT "$temporary" "$target"
sync "${directory:-/}"
"""


def receive(target: str, size: int, mode: int) -> Command:
    """Return the command that writes *size* bytes of standard input to *target*.

    Raises:
        UsageError: *target* is no absolute path.
    """
    if not target.startswith("/") or target.endswith("/"):
        raise UsageError(f"{target!r} is no absolute path of a file")
    return script(_RECEIVE, target, str(size), f"{mode:04o}", secrets.token_hex(8))


async def stream(
    source: BinaryIO, size: int, on_progress: OnProgress
) -> AsyncGenerator[bytes, None]:
    """Yield *size* bytes of *source*; fewer where it became shorter: the host then keeps none."""
    left = size
    while left and (piece := await asyncio.to_thread(source.read, min(left, _PIECE_BYTES))):
        left -= len(piece)
        yield piece
        on_progress(len(piece))


@contextmanager
def opened(source: bytes | Path) -> Iterator[tuple[BinaryIO, int]]:
    """Yield *source* as a stream, and its size in bytes.

    Raises:
        UsageError: The file cannot be read.
    """
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source)
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from None
    with stream:
        yield stream, source.stat().st_size
