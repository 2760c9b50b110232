"""One artifact on a host that passes artifacts on; sent there as text with the agent.

Only the standard library that Debian's python3-minimal has, from Python 3.7 on.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time

CHUNK_BYTES = 256 * 1024
TOLD_EVERY_S = 0.25
_SAY = threading.Lock()


def say(*words: object) -> None:
    """Tell the controller one line."""
    with _SAY:
        os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Piece:
    """One artifact on this host: a file that grows, and is served while it does.

    Attributes:
        have: Bytes that are there and passed on.
        times: How often wrong bytes were thrown away; who reads sees that they are gone.
        source: Address and port of the host it comes from; ``None`` when it is fed.
        orders: How often the controller has said where it is to come from.
    """

    def __init__(self, directory: str, digest: str, size: int) -> None:
        self.digest, self.size = digest, size
        self.have, self.times, self.orders = 0, 0, 0
        self.is_whole = False
        self.source: tuple[str, int] | None = None
        self.changed = threading.Condition()
        self._path = os.path.join(directory, digest)
        self._hash = hashlib.sha256()
        self._told_s = 0.0
        whole = os.path.exists(self._path)
        self._open(self._path if whole else self._path + ".part")
        self._count()
        if self.have == size:
            self._end()
        elif whole:
            self.discard()

    def append(self, data: bytes) -> None:
        """Write *data* behind what is there; at the end check the digest."""
        view = left = memoryview(data)[: self.size - self.have]
        self._hash.update(view)
        while left:
            left = left[os.write(self._writes, left) :]
        with self.changed:
            self.have += len(view)
            self.changed.notify_all()
        if self.have == self.size:
            self._end()
        elif time.monotonic() - self._told_s > TOLD_EVERY_S:
            self._told_s = time.monotonic()
            say("at", self.digest, self.have)

    def reader(self) -> int:
        """Return a descriptor of its bytes that stays good when the file is moved or removed."""
        with self.changed:
            return os.dup(self._reads)

    def discard(self) -> None:
        """Throw away what is there, and begin anew."""
        with self.changed:
            os.unlink(self._name)
            os.close(self._writes)
            os.close(self._reads)
            self._open(self._path + ".part")
            self._hash = hashlib.sha256()
            self.have, self.times = 0, self.times + 1
            self.changed.notify_all()

    def _open(self, path: str) -> None:
        self._writes = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._reads = os.open(path, os.O_RDONLY)
        self._name = path

    def _count(self) -> None:
        """Take in what an earlier run has left."""
        while self.have < self.size:
            data = os.read(self._reads, min(CHUNK_BYTES, self.size - self.have))
            if not data:
                break
            self._hash.update(data)
            self.have += len(data)
        os.ftruncate(self._writes, self.have)
        os.lseek(self._writes, self.have, os.SEEK_SET)

    def _end(self) -> None:
        if self._hash.hexdigest() != self.digest:
            self.discard()
            say("bad", self.digest)
            return
        os.fsync(self._writes)
        os.close(self._writes)  # a program that is open for writing cannot be started
        os.replace(self._name, self._path)
        with self.changed:
            self.is_whole = True
            self.changed.notify_all()
        say("whole", self.digest)
