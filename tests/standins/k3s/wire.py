"""HTTP/1.0 over TLS, as much as the supervisor and its callers need."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Mapping

Answer = tuple[int, bytes]


def ask(
    url: str,
    *,
    cafile: str | None = None,
    certificate: tuple[str, str] | None = None,
    basic: tuple[str, str] | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 10.0,
) -> Answer:
    """Ask a server over TLS.

    Args:
        cafile: Whom to believe; ``None`` believes anybody.
        certificate: Files of certificate and key.
        basic: User and password.
    """
    address, _, path = url.removeprefix("https://").partition("/")
    host, _, port = address.partition(":")
    context = ssl.create_default_context(cafile=cafile)
    if cafile is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    lines = [f"{method} /{path} HTTP/1.0", f"Host: {host}"]
    if basic:
        word = base64.b64encode(":".join(basic).encode()).decode()
        lines.append(f"Authorization: Basic {word}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with (
        socket.create_connection((host, int(port)), timeout=timeout_s) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.sendall("\r\n".join([*lines, "", ""]).encode())
        head, _, body = read_all(tls).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def read_all(tls: ssl.SSLSocket) -> bytes:
    """Return everything until the other side ends."""
    pieces = []
    while piece := tls.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def read_head(tls: ssl.SSLSocket) -> tuple[str, str, dict[str, str]]:
    """Return method, path and headers of a request."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < 65536:
        piece = tls.recv(65536)
        if not piece:
            raise ConnectionError
        data += piece
    first, *lines = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    method, path, *_ = first.split()
    pairs = (line.partition(":") for line in lines)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


def answer(tls: ssl.SSLSocket, status: int, body: bytes) -> None:
    """Answer a request and end the connection."""
    head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    tls.sendall(head.encode() + body)
