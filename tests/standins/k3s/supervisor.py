"""What a server answers on port 6443: the supervisor's paths, and a list of nodes for an API."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from tests.standins.k3s import authority, errors, release, wire
from tests.standins.k3s.store import Etcd, NoQuorum, Store

# Long enough that an agent which does not wait is seen to fail.
_STARTS_S = 2.0
_FOR_SERVERS = ("/standin/", "/db/", "/v1-k3s/server-bootstrap")


class Supervisor:
    """Serves; keeps nodes, and the passwords of nodes, in *store*.

    Attributes:
        offer: What a joining server is told.
    """

    offer = b""

    def __init__(self, data: Path, passwords: dict[str, str], store: Store) -> None:
        self._data = data
        self._tls = data / "tls"
        self._passwords = passwords
        self._up = time.monotonic() + _STARTS_S
        self._store = store
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Listen from now on, in threads that end with the process."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = self._tls / "serving-kube-apiserver.crt"
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        context.load_verify_locations(self._tls / "client-ca.crt")
        context.verify_mode = ssl.CERT_OPTIONAL
        listener = socket.create_server(("", 6443))
        threading.Thread(target=self._listen, args=(listener, context), daemon=True).start()

    def _listen(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=self._talk, args=(plain, context), daemon=True).start()

    def _talk(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        try:
            plain.settimeout(10)
            with context.wrap_socket(plain, server_side=True) as tls:
                method, target, headers = wire.read_head(tls)
                status, body = self._answer_or_not(method, target, headers, _client(tls))
                wire.answer(tls, status, body)
        except OSError:
            plain.close()

    def _answer_or_not(
        self, method: str, target: str, headers: dict[str, str], client: str
    ) -> wire.Answer:
        try:
            return self._answer(method, target, headers, client)
        except NoQuorum:
            return 500, b"etcdserver: request timed out"
        except errors.Fatal as error:
            return 500, str(error).encode()

    def _answer(
        self, method: str, target: str, headers: dict[str, str], client: str
    ) -> wire.Answer:
        url = urlsplit(target)
        path = url.path
        if path == "/ping":  # rancher/k3s@aef8a6a pkg/server/router.go:68,269-276: for anybody
            return 200, b"pong"
        if path == "/cacerts":  # router.go:67,73-87: for anybody
            return 200, (self._tls / "server-ca.crt").read_bytes()
        if isinstance(self._store, Etcd) and path.startswith(_FOR_SERVERS):  # router.go:55-61
            if not self._is("server", headers):
                return 401, b"unauthorized"
            said = {key: values[0] for key, values in parse_qs(url.query).items()}
            return self._help_server(self._store, path, said)
        if path.startswith("/v1-k3s/"):
            return self._supervise(path.removeprefix("/v1-k3s/"), headers, client)
        return self._as_api_server(method, path, parse_qs(url.query), client)

    def _supervise(self, name: str, headers: dict[str, str], client: str) -> wire.Answer:
        """Answer an agent (router.go:39-48; handlers.go: Readyz, at k3s-io/k3s@10e42d4)."""
        known = {"config", "client-kubelet.crt", *(["readyz"] if release.HAS_READYZ else [])}
        if name not in known:  # falls through to the API server, which knows no password
            return 401, b"Unauthorized"
        if not (self._is("server", headers) or self._is("node", headers)) and not client.startswith(
            "system:node:"
        ):
            return 401, b"unauthorized"
        if name == "config":
            return 200, b"{}"
        if not self._is_up():
            return 503, b"runtime core not ready"
        return (200, b"ok") if name == "readyz" else self._client_kubelet(headers)

    def _help_server(self, store: Etcd, path: str, said: dict[str, str]) -> wire.Answer:
        """Answer another server."""
        body: object = ""
        match path:
            case "/v1-k3s/server-bootstrap":
                return (200, self.offer) if self._is_up() else (503, b"runtime core not ready")
            case "/db/info":
                body = store.members()
            case "/standin/all":
                body = {name: store.get(name) for name in store.names()}
            case "/standin/add":
                store.add(said["name"], said["address"])
            case "/standin/put":
                store.apply(said["name"], said.get("text"))
            case "/standin/members":
                store.set_members(yaml.safe_load(said["members"]))
            case _:
                return 404, b"not found"
        return 200, yaml.safe_dump(body).encode()

    def _is_up(self) -> bool:
        return time.monotonic() >= self._up and self._store.is_up

    def _is(self, wanted: str, headers: dict[str, str]) -> bool:
        kind, _, word = headers.get("authorization", "").partition(" ")
        if kind != "Basic":
            return False
        user, _, password = base64.b64decode(word).decode().partition(":")
        return bool(password) and user == wanted and self._passwords.get(user) == password

    def _client_kubelet(self, headers: dict[str, str]) -> wire.Answer:
        """Issue a kubelet's certificate; a name belongs to whom it came from first.

        rancher/k3s@aef8a6a pkg/server/router.go:89-101,198-231; pkg/nodepassword/nodepassword.go.
        """
        name = headers.get("k3s-node-name", "").lower()
        password = headers.get("k3s-node-password", "")
        if not name or not password:
            return 400, b"node name or password not set"
        with self._lock:
            if self._store.get(f"{name}.password") not in (None, password):
                return 403, b"Node password rejected, duplicate hostname"
            self._store.put(f"{name}.password", password)
            self._store.put(f"{name}.node", "True")
            subject = f"/O=system:nodes/CN=system:node:{name}"
            authority.issue(self._tls, "client-ca", "client-kubelet", subject)
            files = (self._tls / f"client-kubelet.{one}" for one in ("crt", "key"))
            return 200, b"".join(one.read_bytes() for one in files)

    def _as_api_server(
        self, method: str, path: str, query: dict[str, list[str]], client: str
    ) -> wire.Answer:
        """Answer what the stand-in's own kubectl asks; certificates say who asks."""
        if not client:
            return 401, b"Unauthorized"
        if path == "/readyz":
            return (200, b"ok") if self._is_up() else (500, b"[-]poststarthook failed")
        if path == "/nodes" and method == "GET":
            if not self._store.is_up:
                raise NoQuorum
            all_names = self._store.names()
            names = [one.removesuffix(".node") for one in all_names if one.endswith(".node")]
            wanted = query.get("name")
            found = [one for one in names if wanted is None or one in wanted]
            return (200, "\n".join(found).encode()) if found or not wanted else (404, b"not found")
        if method == "DELETE" and client == "system:admin":
            name = query["name"][0]
            suffix = "node" if path == "/nodes" else "password"
            self._store.put(f"{name}.{suffix}", None)
            if suffix == "node" and isinstance(self._store, Etcd):
                self._store.remove(name)
            return 200, b""
        return 403, b"forbidden"


def _client(tls: ssl.SSLSocket) -> str:
    """Return the common name in the client's certificate; empty when it shows none."""
    certificate: Any = tls.getpeercert() or {}
    pairs = dict(pair for group in certificate.get("subject", ()) for pair in group)
    return str(pairs.get("commonName", ""))
