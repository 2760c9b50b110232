"""The way to upstream's servers: mirrors by https with an authority of their own, proxies."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kuberry.api.bundle import upstream_bundle
from kuberry.errors import BundleError, UpstreamUnreachable
from kuberry.settings import Settings
from mirror import Mirror, serving
from published import K3S, publish_k3s

pytestmark = pytest.mark.integration

NAME = "mirror.test"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Give a file with key and certificate of a mirror that no system trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "mirror.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Mirror]:
    """Give a mirror that is asked by https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(Mirror(), context) as one:
        publish_k3s(one, architectures=("arm64",))
        yield one


class Proxy(ThreadingTCPServer):
    """A stand-in for a company's proxy: CONNECT (RFC 9110, 9.3.6) to any name ends at the mirror.

    Attributes:
        wanted: The names and ports that were asked for.
    """

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.port = port
        self.wanted: list[str] = []


class _Tunnel(StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        """Take one CONNECT and carry bytes both ways until either side ends."""
        self.server.wanted.append(self.rfile.readline().split()[1].decode())
        while self.rfile.readline().strip():
            pass
        with socket.create_connection(("127.0.0.1", self.server.port)) as other:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_carry, args=(other, self.connection))
            back.start()
            _carry(self.connection, other)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(1 << 16):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(secure: Mirror) -> Iterator[Proxy]:
    """Give a proxy that leads to the mirror."""
    with Proxy(secure.port) as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


async def test_an_authority_of_ones_own_is_trusted_when_named(
    secure: Mirror, certificate: Path, tmp_path: Path
) -> None:
    """Beside the system's, by one setting."""
    settings = Settings(
        cache_dir=tmp_path,
        upstream_mirror=f"https://127.0.0.1:{secure.port}",
        upstream_ca_file=certificate,
    )

    assert (await upstream_bundle("k3s", "stable", ("arm64",), settings=settings)).version == K3S


async def test_an_unknown_authority_is_refused_with_the_way_to_name_it(
    secure: Mirror, tmp_path: Path
) -> None:
    """Nothing is asked of a server that is not proven to be the one that was meant."""
    settings = Settings(cache_dir=tmp_path, upstream_mirror=f"https://127.0.0.1:{secure.port}")

    with pytest.raises(BundleError, match="is not trusted") as caught:
        await upstream_bundle("k3s", "stable", ("arm64",), settings=settings)

    assert "KUBERRY_UPSTREAM_CA_FILE" in caught.value.remedy
    assert secure.asked == []


async def test_a_proxy_is_asked_for_every_name(
    proxy: Proxy, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy finds the names, and carries what only the two ends can read."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    settings = Settings(
        cache_dir=tmp_path, upstream_mirror=f"https://{NAME}", upstream_ca_file=certificate
    )

    assert (await upstream_bundle("k3s", "stable", ("arm64",), settings=settings)).version == K3S
    assert set(proxy.wanted) == {f"{NAME}:443"}


async def test_a_proxy_that_does_not_answer_is_named_as_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it there is no way to upstream at all."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    with pytest.raises(UpstreamUnreachable, match=r"update\.k3s\.io") as caught:
        await upstream_bundle("k3s", "stable", ("arm64",), settings=Settings(cache_dir=tmp_path))

    assert "HTTPS_PROXY" in caught.value.remedy


async def test_what_is_on_this_machine_is_asked_without_a_proxy(
    mirror: Mirror, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror on loopback is not the proxy's business."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert (await upstream_bundle("k3s", "stable", ("arm64",), settings=settings)).version == K3S
    assert mirror.asked


async def test_single_servers_are_found_elsewhere(mirror: Mirror, tmp_path: Path) -> None:
    """One setting for each server wins over the mirror of all."""
    with serving(Mirror()) as other:
        releases = {one: text for one, text in mirror.files.items() if one.startswith("github")}
        for one, text in releases.items():
            other.files[one.replace("github.com", "raw/gh")] = text
            del mirror.files[one]
        settings = Settings(
            cache_dir=tmp_path,
            upstream_mirror=mirror.url,
            upstream_servers={"github.com": f"{other.url}/raw/gh/"},
        )

        assert (await upstream_bundle("k3s", K3S, ("arm64",), settings=settings)).version == K3S
        assert other.asked
