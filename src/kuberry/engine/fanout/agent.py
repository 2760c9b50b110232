"""What runs on each host while artifacts are passed on. It is sent there as text.

Only the standard library that Debian's python3-minimal has (no hmac, no json), from Python 3.7 on.
It lives as long as the SSH session that started it, reads orders and bytes from standard input and
says what happens on standard output, one line each; see docs/adr/0016-fan-out.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import socket
import threading
from typing import BinaryIO

from kuberry.engine.fanout.piece import CHUNK_BYTES, Piece, say

HANDSHAKE_S = 3.0
STUCK_S = 20.0
MOST_VISITORS = 64
_LONGEST_REQUEST = 256
_DIGEST = re.compile("[0-9a-f]{64}")


def sign(secret: str, nonce: str, request: str) -> str:
    """Return what proves that who asks knows the *secret* of this run; good for one *nonce*."""
    return hashlib.blake2b(f"{nonce} {request}".encode(), key=secret.encode()).hexdigest()


class Host:
    """The pieces of this host: fed by the controller, fetched from a host, served to others."""

    def __init__(self, directory: str, secret: str) -> None:
        self._directory, self._secret = directory, secret
        self._pieces: dict[str, Piece] = {}
        self._sourced = threading.Condition()
        self._fetching: tuple[Piece, socket.socket] | None = None
        self._visitors = threading.BoundedSemaphore(MOST_VISITORS)

    def want(self, digest: str, size: str) -> None:
        """Say how much of a piece is here, and be ready to serve it."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError(digest)
        piece = self._pieces[digest] = Piece(self._directory, digest, int(size))
        say("have", digest, piece.have)

    def begin(self) -> None:
        """Remove what earlier runs have left of other pieces; then fetch."""
        for name in os.listdir(self._directory):
            digest, dot, end = name.partition(".")
            if dot and end == "part" and digest not in self._pieces:
                os.unlink(os.path.join(self._directory, name))
        threading.Thread(target=self._fetch_all, daemon=True).start()
        say("begun")

    def take_from(self, digest: str, address: str, port: str) -> None:
        """Fetch a piece from there from now on; from port 0: say from which byte on to feed it."""
        self._order(digest, (address, int(port)) if int(port) else None)
        piece = self._pieces[digest]
        if piece.source is None and not piece.is_whole:
            say("feed", digest, piece.have)

    def forget(self, digest: str) -> None:
        """Throw away what has come of a piece: it was wrong where it came from."""
        self._order(digest, None)
        piece = self._pieces[digest]
        if not piece.is_whole:
            piece.discard()

    def _order(self, digest: str, source: tuple[str, int] | None) -> None:
        piece = self._pieces[digest]
        with self._sourced:
            piece.source = source
            piece.orders += 1
            if self._fetching and self._fetching[0] is piece:
                with contextlib.suppress(OSError):  # it may have ended by itself
                    self._fetching[1].shutdown(socket.SHUT_RDWR)
            self._sourced.notify_all()
            while source is None and self._fetching and self._fetching[0] is piece:
                self._sourced.wait()

    def feed(self, digest: str, offset: str, data: bytes) -> None:
        """Take bytes of the controller; those that come too late, after a change, are dropped."""
        piece = self._pieces[digest]
        if piece.source is None and not piece.is_whole and piece.have == int(offset):
            self._append(piece, data)

    def serve(self, listener: socket.socket) -> None:
        """Let in who knows the secret, as long as this process lives."""
        while True:
            visitor, (address, *_) = listener.accept()
            if self._visitors.acquire(blocking=False):
                threading.Thread(target=self._receive, args=(visitor, address), daemon=True).start()
            else:
                visitor.close()

    def _receive(self, visitor: socket.socket, address: str) -> None:
        # Who asked sees the end of the connection, and says so to the controller.
        with contextlib.suppress(OSError, ValueError, KeyError), visitor:
            visitor.settimeout(HANDSHAKE_S)
            nonce = os.urandom(16).hex()
            visitor.sendall(nonce.encode() + b"\n")
            request, _, proof = _line(visitor).rpartition(" ")
            if proof != sign(self._secret, nonce, request):
                say("stranger", address)
            else:
                digest, _, offset = request.partition(" ")
                visitor.settimeout(STUCK_S)
                _send(self._pieces[digest], int(offset), visitor)
        self._visitors.release()

    def _fetch_all(self) -> None:
        while True:
            with self._sourced:
                due = [one for one in self._pieces.values() if one.source and not one.is_whole]
                if not due:
                    self._sourced.wait()
                    continue
                piece, orders, source = due[0], due[0].orders, due[0].source
            reason, met = self._fetch(piece, orders)
            with self._sourced:
                self._fetching = None
                lost = piece.orders == orders and not piece.is_whole
                if lost:
                    piece.source = None  # until the controller says where to go on
                self._sourced.notify_all()
            if lost and reason:
                say("broke", piece.digest, met, *(source or ("", 0)), reason)

    def _fetch(self, piece: Piece, orders: int) -> tuple[str, int]:
        """Return why it was not fetched, and whether its source was met."""
        times, met = piece.times, 0
        try:
            with socket.create_connection(piece.source or ("", 0), timeout=HANDSHAKE_S) as peer:
                met = 1
                with self._sourced:
                    self._fetching = (piece, peer)
                _ask(peer, self._secret, f"{piece.digest} {piece.have}")
                peer.settimeout(None)  # how long is too long, the controller knows: it sees all
                while piece.times == times and piece.orders == orders and not piece.is_whole:
                    data = peer.recv(CHUNK_BYTES)
                    if not data:
                        return "it closed the connection", met
                    if piece.orders == orders:
                        self._append(piece, data)
        except OSError as error:
            return str(error), met
        return "", met

    def _append(self, piece: Piece, data: bytes) -> None:
        try:
            piece.append(data)
        except OSError as error:
            say("fault", piece.digest, error)
            os._exit(1)


def _ask(peer: socket.socket, secret: str, request: str) -> None:
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 2)):
        peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    nonce = _line(peer)
    peer.sendall(f"{request} {sign(secret, nonce, request)}\n".encode())


def _line(peer: socket.socket) -> str:
    """Read one line; byte by byte, because what follows belongs to somebody else."""
    line = b""
    while not line.endswith(b"\n"):
        byte = peer.recv(1)
        if not byte or len(line) > _LONGEST_REQUEST:
            raise OSError("no greeting")
        line += byte
    return line[:-1].decode("ascii", "replace")


def _send(piece: Piece, offset: int, visitor: socket.socket) -> None:
    """Send all from *offset* on, as it arrives, until it is whole or was thrown away."""
    times, reads = piece.times, piece.reader()
    try:
        while offset < piece.size:
            with piece.changed:
                while piece.have <= offset and piece.times == times:
                    piece.changed.wait()
            if piece.times != times:
                return
            data = os.pread(reads, min(CHUNK_BYTES, piece.have - offset), offset)
            visitor.sendall(data)
            offset += len(data)
    finally:
        os.close(reads)


def main(orders: BinaryIO) -> None:
    """Obey until the controller is silent or gone."""
    directory, secret, address, silence_s = orders.readline().decode().split()
    os.umask(0o077)
    os.makedirs(directory, exist_ok=True)
    host = Host(directory, secret)
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.bind((address, 0))
    listener.listen(MOST_VISITORS)
    threading.Thread(target=host.serve, args=(listener,), daemon=True).start()
    say("ready", listener.getsockname()[1])
    for line in iter(orders.readline, b""):
        signal.alarm(int(silence_s))  # it ends this process, whatever its threads do
        name, *words = line.decode().split()
        if name == "want":
            host.want(*words)
        elif name == "begin":
            host.begin()
        elif name == "from":
            host.take_from(*words)
        elif name == "forget":
            host.forget(*words)
        elif name == "feed":
            host.feed(words[0], words[1], orders.read(int(words[2])))
    os._exit(0)
