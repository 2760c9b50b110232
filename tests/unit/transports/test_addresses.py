"""From names to addresses: what counts as a bare name, and words of ProxyJump."""

from __future__ import annotations

import pytest

from kuberry.errors import UsageError
from kuberry.transports.addresses import is_single_label
from kuberry.transports.jumps import jump_host


@pytest.mark.parametrize(
    ("name", "is_single"),
    [("red", True), ("red.local", False), ("10.0.0.1", False), ("fe80::1", False), ("2130", True)],
)
def test_only_a_bare_name_may_be_completed(name: str, *, is_single: bool) -> None:
    """An address and a full name are taken as they are."""
    assert is_single_label(name) == is_single


@pytest.mark.parametrize(
    ("text", "user", "name", "port"),
    [
        ("gw", None, "gw", None),
        ("me@gw", "me", "gw", None),
        ("me@gw:2200", "me", "gw", 2200),
        ("[fe80::1]:22", None, "fe80::1", 22),
        ("fe80::1", None, "fe80::1", None),
        ("ssh://me@gw:22", "me", "gw", 22),
        ("me@corp@gw", "me@corp", "gw", None),
    ],
)
def test_a_word_of_proxy_jump(text: str, user: str | None, name: str, port: int | None) -> None:
    """User, name and port, as ssh takes them."""
    host = jump_host(text)
    assert (host.user, host.name, host.port) == (user, name, port)


@pytest.mark.parametrize("text", ["", "@", "gw:", "gw:port", "[gw", ":22"])
def test_a_word_that_names_no_host(text: str) -> None:
    """It is refused, with the form that is right."""
    with pytest.raises(UsageError, match="names no host") as raised:
        jump_host(text)
    assert "[user@]name[:port]" in raised.value.remedy
