"""A file sent to a host: whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kuberry.errors import UsageError
from kuberry.shell import Command, script
from kuberry.transports.transport import OnProgress

_PIECE_BYTES = 512 * 1024

# Standard input is the content and then a line with its SHA-256: the digest is not known before the
# last byte is read, and both sides compute it while the bytes move. tee reports a full disk but
# goes on, so the size decides. All of it is coreutils, which every Debian and Ubuntu has.
_RECEIVE = r"""
set -eu
target=$1 size=$2 mode=$3 directory=${1%/*}
umask 077
temporary=$(mktemp "$directory/.kuberry-XXXXXXXXXX")
trap 'rm -f "$temporary"' EXIT
trap 'exit 143' HUP INT TERM
received=$(head -c "$size" | tee "$temporary" | sha256sum)
written=$(stat -c %s "$temporary")
[ "$written" -eq "$size" ] || { echo "$written of $size bytes were written" >&2; exit 1; }
IFS= read -r expected
[ "${received%% *}" = "$expected" ] || { echo 'the bytes that arrived differ' >&2; exit 1; }
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
    return script(_RECEIVE, target, str(size), f"{mode:04o}")


class Upload:
    """The bytes of one file, with their digest behind them.

    Attributes:
        size: Number of bytes of content.
    """

    def __init__(self, source: BinaryIO, size: int, on_progress: OnProgress) -> None:
        self.size = size
        self._source = source
        self._on_progress = on_progress

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the content, then the line with its digest.

        A source that became shorter ends the input early; the host then keeps nothing.
        """
        digest = hashlib.sha256()
        left = self.size
        while left and (piece := await asyncio.to_thread(self._read, left, digest)):
            left -= len(piece)
            yield piece
            self._on_progress(len(piece))
        if not left:
            yield f"{digest.hexdigest()}\n".encode()

    def _read(self, left: int, digest: hashlib._Hash) -> bytes:
        piece = self._source.read(min(left, _PIECE_BYTES))
        digest.update(piece)
        return piece


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
