"""Credentials go from admin.conf into a context for TLS, and nowhere else."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kuberry.kube.credentials import read_credentials

PEM = serialization.Encoding.PEM


def _admin_conf() -> tuple[bytes, bytes]:
    """Return a kubeconfig with a fresh certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes-admin")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(PEM)
    )
    plain = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    text = base64.b64encode(certificate).decode()
    user = {
        "client-certificate-data": text,
        "client-key-data": base64.b64encode(plain).decode(),
    }
    config = {
        "clusters": [{"name": "k", "cluster": {"certificate-authority-data": text}}],
        "users": [{"name": "a", "user": user}],
    }
    return yaml.safe_dump(config).encode(), plain


def test_the_context_checks_the_server_and_the_key_touches_the_disk_sealed_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is written is encrypted, in a file of mode 0600 that is gone afterwards."""
    text, key = _admin_conf()
    written: list[tuple[Path, bytes, int]] = []
    write_bytes = Path.write_bytes

    def watch(path: Path, content: bytes) -> int:
        written.append((path, content, path.stat().st_mode & 0o777))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", watch)
    context = read_credentials(text).ssl_context()

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert [one["serialNumber"] for one in context.get_ca_certs()] == ["01"]
    ((path, content, mode),) = written
    assert b"ENCRYPTED PRIVATE KEY" in content
    assert key.splitlines()[1] not in content
    assert (mode, path.exists()) == (0o600, False)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"- secret",
        b"clusters: [secret",
        b"clusters: []\nusers: []\n",
        b"clusters: [{cluster: {certificate-authority: /secret}}]\nusers: [{user: {}}]",
        b"clusters: [{cluster: {certificate-authority-data: '!secret'}}]\nusers: [{user: {}}]",
    ],
)
def test_another_file_is_no_admin_conf_and_is_not_quoted(text: bytes) -> None:
    """A file that is not as kubeadm writes it may hold secrets all the same."""
    with pytest.raises(ValueError, match="it is no kubeconfig") as caught:
        read_credentials(text)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
