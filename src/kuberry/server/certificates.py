"""A certificate authority of this machine's own, and the certificate of its server.

The authority's key stays in the state directory (0600). Whoever is to trust the server takes
``ca.pem``, once; the server's own certificate is made anew when it is about to end or lacks a name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397  # browsers take no longer ones: CA/Browser Forum, Baseline Requirements 6.3.2
_RENEW_DAYS = 30
_CLOCK_SKEW = timedelta(hours=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Certificates:
    """Files for TLS.

    Attributes:
        authority: What others are to trust.
    """

    authority: Path
    certificate: Path
    key: Path


def certificates(directory: Path, names: Sequence[str]) -> Certificates:
    """Return the server's certificate for *names*, made where it is missing.

    Args:
        directory: Where they are kept; made when it is missing.
        names: Host names and addresses, the one to be called first.

    Raises:
        OSError: They cannot be read or written.
        ValueError: A file there is no certificate or key.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    authority_key = directory / "ca.key"
    if not (files.authority.exists() and authority_key.exists()):
        _make_authority(files.authority, authority_key)
    if not _is_good(files, names):
        _make_server(files, authority_key, names)
    return files


def fingerprint(authority: bytes) -> str:
    """Return the SHA-256 of a certificate (PEM), as ``openssl x509 -fingerprint`` says it.

    Raises:
        ValueError: *authority* is no certificate.
    """
    return x509.load_pem_x509_certificate(authority).fingerprint(hashes.SHA256()).hex()


def _make_authority(file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("kuberry, this machine's own authority")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _builder(name, name, key, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_key_id(key), critical=False)
    )
    _write(key_file, _key_bytes(key))
    _write(file, _certificate_bytes(builder.sign(key, hashes.SHA256())))


def _make_server(files: Certificates, authority_key: Path, names: Sequence[str]) -> None:
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{authority_key} is no key of ours")  # noqa: TRY004 -- of a file
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_name(names[0][:64]), authority.subject, key, _SERVER_DAYS)
        .add_extension(
            x509.SubjectAlternativeName([_general(one) for one in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_key_id(key), critical=False)
    )
    _write(files.key, _key_bytes(key))
    _write(files.certificate, _certificate_bytes(builder.sign(signer, hashes.SHA256())))


def _is_good(files: Certificates, names: Sequence[str]) -> bool:
    """Return whether the certificate is there, of our authority, for *names*, and for long."""
    if not (files.certificate.exists() and files.key.exists()):
        return False
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    with contextlib.suppress(x509.ExtensionNotFound):
        said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        left = found.not_valid_after_utc - datetime.now(UTC)
        has_names = {_general(one) for one in names} <= set(said)
        is_ours = authority.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value.digest == (
            found.extensions.get_extension_for_class(
                x509.AuthorityKeyIdentifier
            ).value.key_identifier
        )
        return has_names and is_ours and left > timedelta(days=_RENEW_DAYS)
    return False


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key_id(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    """Write *data* for the owner alone, from its first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
