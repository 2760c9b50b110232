"""What hosts say and hear: lines that both ends read alike."""

from __future__ import annotations

import pytest

from kuberry.engine.fanout import words
from kuberry.engine.fanout.address import address_of
from kuberry.engine.fanout.agent import sign
from kuberry.engine.fanout.words import Heard, parse


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("ready 40001", Heard("ready", count=40001)),
        ("begun", Heard("begun")),
        ("at ab 77", Heard("at", "ab", 77)),
        ("whole ab", Heard("whole", "ab")),
        (
            "broke ab 0 10.0.0.2 77 timed out after 3 s",
            Heard("broke", "ab", 0, "timed out after 3 s", ("10.0.0.2", 77)),
        ),
        ("fault ab No space left", Heard("fault", "ab", text="No space left")),
        ("stranger 10.0.0.9", Heard("stranger", text="10.0.0.9")),
        ("Traceback (most recent call last):", None),
        ("", None),
    ],
)
def test_a_line_says_one_thing(line: str, heard: Heard | None) -> None:
    """Every line of a host has one meaning; what Python complains of has none."""
    assert parse(line) == heard


def test_fed_bytes_are_framed() -> None:
    """Bytes follow the line that counts them, whatever they are."""
    assert words.fed("ab", 7, b"\n\nwant") == b"feed ab 7 6\n\n\nwant"


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("10.0.0.1 50000 10.0.0.2 22", "10.0.0.2"),
        ("fd00::1 50000 fd00::2 22", "fd00::2"),
        ("::ffff:10.0.0.1 50000 ::ffff:10.0.0.2 22", "10.0.0.2"),
        ("127.0.0.1 50000 127.0.0.1 22", None),
        ("fe80::1%eth0 50000 fe80::2%eth0 22", None),
        ("", None),
    ],
)
def test_a_host_is_asked_at_an_address_that_means_it(connection: str, address: str | None) -> None:
    """An address that is another machine elsewhere is not given to others."""
    assert address_of(connection) == address


def test_a_proof_is_good_for_one_question_only() -> None:
    """Another secret, another nonce or another request: another proof."""
    proofs = {
        sign("secret", "nonce", "ab 0"),
        sign("other", "nonce", "ab 0"),
        sign("secret", "again", "ab 0"),
        sign("secret", "nonce", "ab 1"),
    }
    assert len(proofs) == 4
