"""The certificates that a server makes for itself."""

from __future__ import annotations

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kuberry.server import certificates as module
from kuberry.server.certificates import certificates


def test_they_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    """The authority signs the server's; a second start finds both, and changes no byte."""
    first = certificates(tmp_path / "server", ("127.0.0.1", "shelf.example"))
    before = {one.name: one.read_bytes() for one in (tmp_path / "server").iterdir()}
    certificates(tmp_path / "server", ("127.0.0.1",))
    after = {one.name: one.read_bytes() for one in (tmp_path / "server").iterdir()}
    authority = x509.load_pem_x509_certificate(first.authority.read_bytes())
    server = x509.load_pem_x509_certificate(first.certificate.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    server.verify_directly_issued_by(authority)
    assert before == after
    assert set(before) == {"ca.key", "ca.pem", "server.key", "server.pem"}
    assert {stat.S_IMODE((tmp_path / "server" / one).stat().st_mode) for one in before} == {0o600}
    assert names.get_values_for_type(x509.DNSName) == ["shelf.example"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert server.not_valid_after_utc < datetime.now(UTC) + timedelta(days=398)


def test_the_servers_is_made_anew_when_it_lacks_a_name_or_ends_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same authority, so that those who trust it need nothing new."""
    first = certificates(tmp_path, ("127.0.0.1",))
    authority, before = first.authority.read_bytes(), first.certificate.read_bytes()
    other_name = certificates(tmp_path, ("127.0.0.1", "shelf.example")).certificate.read_bytes()
    monkeypatch.setattr(module, "_RENEW_DAYS", 1000)
    renewed = certificates(tmp_path, ("127.0.0.1",)).certificate.read_bytes()

    assert len({before, other_name, renewed}) == 3
    assert first.authority.read_bytes() == authority


def test_a_lost_authority_is_made_anew_with_its_server(tmp_path: Path) -> None:
    """A certificate of an authority that is gone is of no use."""
    first = certificates(tmp_path, ("127.0.0.1",))
    before = first.certificate.read_bytes()
    (tmp_path / "ca.key").unlink()
    again = certificates(tmp_path, ("127.0.0.1",))
    authority = x509.load_pem_x509_certificate(again.authority.read_bytes())

    assert again.certificate.read_bytes() != before
    x509.load_pem_x509_certificate(again.certificate.read_bytes()).verify_directly_issued_by(
        authority
    )
