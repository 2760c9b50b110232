"""A mirror of upstream's servers on this machine: the paths of the real ones, made-up bytes.

A stand-in for update.k3s.io, github.com, dl.k8s.io and registries, because tests have no Internet.
It honours what those document: Range (RFC 9110, 14), HEAD, redirects of GitHub's releases to
another host, the OCI distribution API with tokens (distribution/distribution, docs/content/spec/
auth/token.md). It breaks them on purpose where a test says so.
"""

from __future__ import annotations

import dataclasses
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

TOKEN = "token-for-everybody"


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request: the server's name and the path, and which bytes were wanted."""

    method: str
    path: str
    range: str | None


@dataclasses.dataclass
class Mirror:
    """Files by ``host/path``; asked with ``KUBERRY_UPSTREAM_MIRROR``.

    Attributes:
        files: Content by host and path.
        types: Content types of manifests, by host and path.
        faults: What goes wrong with the next requests for a content, one word for each, by host and
            path. ``cut`` ends the connection after half of what was asked for; ``hold`` stays there
            until the mirror ends; ``no-range`` knows no Range, nor does ``cut-no-range``;
            ``other`` gives other bytes of the same length; ``longer`` and ``shorter`` announce
            another length; ``status:N`` answers so; ``expired`` takes no token; ``redirect:URL``
            sends there; an empty word is no fault.
        guarded: Hosts that want a token, as Docker Hub does.
        challenges: What guarded hosts say instead of the usual, by host.
        asked: All requests so far.
    """

    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    types: dict[str, str] = dataclasses.field(default_factory=dict)
    faults: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    guarded: set[str] = dataclasses.field(default_factory=set)
    challenges: dict[str, str] = dataclasses.field(default_factory=dict)
    asked: list[Asked] = dataclasses.field(default_factory=list)
    port: int = 0
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)
    held: threading.Event = dataclasses.field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Return what the setting is to say."""
        return f"http://127.0.0.1:{self.port}"

    def gets(self, end: str) -> list[Asked]:
        """Return the requests for content whose path ends with *end*."""
        return [one for one in self.asked if one.method == "GET" and one.path.endswith(end)]


@contextmanager
def serving(mirror: Mirror, context: ssl.SSLContext | None = None) -> Iterator[Mirror]:
    """Serve *mirror* on a free port until the end, by https where there is a *context*."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.mirror = mirror
    mirror.port = server.server_address[1]
    mirror.ended.clear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield mirror
    finally:
        mirror.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    mirror: Mirror
    daemon_threads = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that the other side goes away is what tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go out as two writes
    timeout = 5
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        mirror, path = self.server.mirror, unquote(self.path.partition("?")[0].lstrip("/"))
        mirror.asked.append(Asked(self.command, path, self.headers.get("Range")))
        host = path.partition("/")[0]
        if path.endswith("/token") and path in mirror.files:
            self._send(200, {}, json.dumps({"token": TOKEN}).encode(), with_body=True)
            return
        fault = self._fault(path, with_body=with_body)
        has_token = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if host in mirror.guarded and (fault == "expired" or not has_token):
            self._send(401, {"WWW-Authenticate": self._challenge(host, path)}, b"{}")
            return
        if fault.startswith("status:"):
            self._send(int(fault[7:]), {}, b"no", with_body=with_body)
        elif fault.startswith("redirect:"):
            self._send(302, {"Location": fault[9:]}, b"", with_body=with_body)
        elif path not in mirror.files:
            self._send(404, {}, b"Not Found", with_body=with_body)
        else:
            self._file(path, fault, with_body=with_body)

    def _challenge(self, host: str, path: str) -> str:
        repository = re.split("/(?:manifests|blobs)/", path.rsplit("/v2/", maxsplit=1)[-1])[0]
        scope = f"repository:{repository}:pull"
        usual = f'Bearer realm="https://auth.{host}/token",service="{host}",scope="{scope}"'
        return self.server.mirror.challenges.get(host, usual)

    def _fault(self, path: str, *, with_body: bool) -> str:
        faults = self.server.mirror.faults.get(path)
        if not faults:
            return ""
        if with_body:
            return faults.pop(0)
        return "" if faults[0].startswith("status:5") else faults[0]

    def _file(self, path: str, fault: str, *, with_body: bool) -> None:
        content = self.server.mirror.files[path]
        if fault == "other":
            content = bytes(255 - one for one in content)
        headers = {"Content-Type": self.server.mirror.types.get(path, "application/octet-stream")}
        wanted = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range") or "")
        status, first = 200, 0
        if wanted and not fault.endswith("no-range"):
            first = int(wanted[1])
            if first >= len(content):
                self._send(416, {"Content-Range": f"bytes */{len(content)}"}, b"", with_body=True)
                return
            status = 206
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        rest = content[first:]
        more = {"longer": 5, "shorter": -5}.get(fault, 0)
        if fault.startswith(("cut", "hold")) and with_body:
            self._begin(status, headers, len(rest))
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            self.server.mirror.held.set()
            if fault == "hold":
                self.server.mirror.ended.wait(30)
            self.close_connection = True
            return
        self._send(status, headers, rest, with_body=with_body, more=more)

    def _send(
        self,
        status: int,
        headers: dict[str, str],
        body: bytes,
        *,
        with_body: bool = True,
        more: int = 0,
    ) -> None:
        self._begin(status, headers, len(body) + more)
        if with_body:
            self.wfile.write(body)
        if more:
            self.close_connection = True

    def _begin(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
