"""The eyes that look for secrets are not blind."""

from __future__ import annotations

import base64
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

import planted

SECRETS = {"word": b"Pa55-of-sixteen+", "other": b"another-secret-0123"}


def _keys() -> list[PrivateKeyTypes]:
    return [
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ec.generate_private_key(ec.SECP256R1()),
    ]


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"a long beginning of some length"])
def test_a_secret_is_found_as_it_is_and_in_base64(before: bytes) -> None:
    """At every offset, with whatever around it; a secret that is not there is not found."""
    text = before + SECRETS["word"] + b" behind"

    assert planted.found_in(text, SECRETS) == ["word"]
    assert planted.found_in(base64.b64encode(text), SECRETS) == ["word"]
    assert planted.found_in(before, SECRETS) == []


@pytest.mark.parametrize("key", _keys(), ids=["rsa", "curve"])
def test_a_key_is_known_by_its_secret_part(key: PrivateKeyTypes) -> None:
    """Found in its file and in a kubeconfig, behind a certificate or before; the public is not."""
    form = PrivateFormat.TraditionalOpenSSL
    pem = key.private_bytes(Encoding.PEM, form, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {"key": planted.key_needle(pem)}

    assert planted.key_needle(base64.b64encode(pem)) == secrets["key"]
    assert planted.key_needle(public + pem) == planted.key_needle(pem + public) == secrets["key"]
    assert planted.found_in(pem, secrets) == ["key"]
    assert planted.found_in(b"client-key-data: " + base64.b64encode(pem), secrets) == ["key"]
    assert planted.found_in(public, secrets) == []
    with pytest.raises(ValueError, match="no private key"):
        planted.key_needle(public)


def test_grep_looks_for_the_same() -> None:
    """Each line is a secret, as it is or in base64, and none is empty: that would match all."""
    lines = planted.needles(SECRETS).splitlines()

    assert len(lines) == 4 * len(SECRETS)
    assert min(len(line) for line in lines) >= 16
    assert all(planted.found_in(line, SECRETS) for line in lines)


def test_the_sampler_sees_words_and_environments() -> None:
    """Of processes that begin and end while it looks; also of one that becomes another program."""
    environment = {"HIDDEN": SECRETS["other"].decode(), "PATH": "/usr/bin:/bin"}
    with planted.Sampler() as sampler:
        subprocess.run(("sh", "-c", "sleep 0.3"), check=True, env=environment)
        words = ("sh", "-c", 'sleep 0.2; exec sh -c "sleep 0.3; :" "$0"', SECRETS["word"].decode())
        subprocess.run(words, check=True)
    seen = b"\n".join(sampler.seen)

    assert planted.found_in(seen, SECRETS) == ["word", "other"]
    assert sampler.looks > 0
