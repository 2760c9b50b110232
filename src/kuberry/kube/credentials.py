"""The administrator's credentials, from a file of the control plane to an SSL context.

They stay in memory. `ssl` reads keys from files only (CPython issue 60691), so the key goes through
a file that exists for the moment of loading, encrypted with a password that nobody ever sees.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import secrets
import ssl
import tempfile
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from kuberry.distributions.registry import DISTRIBUTIONS

ADMIN_CONFS = {one.ADMIN_CONF: one.LOOK for one in DISTRIBUTIONS.values()}
"""Where distributions keep them; for each, what to type there when no API server answers."""


@dataclasses.dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the API server, and how we know it; all in PEM."""

    authority: bytes
    certificate: bytes
    key: bytes = dataclasses.field(repr=False)

    def ssl_context(self) -> ssl.SSLContext:
        """Return a context that checks the server and shows our certificate."""
        # Not `create_default_context`: from Python 3.13 on it refuses authorities without the
        # extensions of RFC 5280 that old kubeadm left out (VERIFY_X509_STRICT).
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.authority.decode())
        password = secrets.token_bytes(32).hex().encode()
        key = load_pem_private_key(self.key, None)
        sealed = key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        with tempfile.TemporaryDirectory(prefix="kuberry-") as folder:
            path = Path(folder) / "sealed.pem"
            path.touch(mode=0o600)
            path.write_bytes(self.certificate + sealed)
            context.load_cert_chain(path, password=password)
        return context


def read_credentials(text: bytes) -> Credentials:
    """Return the credentials in the kubeconfig *text*.

    Raises:
        ValueError: It holds none in the form that kubeadm and k3s write them.
    """
    try:
        config = yaml.safe_load(text)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        return Credentials(
            authority=_decoded(cluster, "certificate-authority-data"),
            certificate=_decoded(user, "client-certificate-data"),
            key=_decoded(user, "client-key-data"),
        )
    except (yaml.YAMLError, LookupError, TypeError, binascii.Error):
        # The cause would quote the text, and with it the key.
        raise ValueError("it is no kubeconfig with certificates inside") from None


def _decoded(mapping: Any, name: str) -> bytes:
    return base64.b64decode(mapping[name], validate=True)
