"""Addresses and digests of upstream: what is asked where, and which line counts."""

from __future__ import annotations

import pytest

from kuberry.bundles.upstream.address import actual, check_redirect
from kuberry.bundles.upstream.digests import digest_of, read_digests
from kuberry.errors import BundleError, UsageError
from kuberry.model.upstream import Upstream

A, B = "a" * 64, "b" * 64
URL = "https://github.com/x/y?z=1"


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        (Upstream(), URL),
        (Upstream(mirror="https://m.example/up/"), "https://m.example/up/github.com/x/y?z=1"),
        (Upstream(mirror="http://127.0.0.1:5"), "http://127.0.0.1:5/github.com/x/y?z=1"),
        (Upstream(servers={"github.com": "https://n/gh"}), "https://n/gh/x/y?z=1"),
        (Upstream(servers={"gitlab.com": "https://n/gh"}), URL),
        (
            Upstream(mirror="https://m.example", servers={"github.com": "https://n/gh/"}),
            "https://n/gh/x/y?z=1",
        ),
    ],
)
def test_a_server_is_asked_where_the_settings_say(upstream: Upstream, expected: str) -> None:
    """Itself, below the mirror by its name, or at the address given for it alone."""
    assert actual(URL, upstream) == expected


@pytest.mark.parametrize("there", ["https://m.example/a", "http://127.0.0.1:9/a"])
def test_what_is_at_the_mirror_already_stays(there: str) -> None:
    """A redirect to the mirror itself, or to this machine, is followed as it is."""
    assert actual(there, Upstream(mirror="https://m.example/up")) == there


@pytest.mark.parametrize(
    "base", ["http://m.example", "ftp://m.example", "m.example", "file:///srv", "https://"]
)
def test_a_mirror_in_the_clear_is_refused(base: str) -> None:
    """What is no https, and not on this machine, carries nothing."""
    with pytest.raises(UsageError, match="a mirror must be https"):
        actual(URL, Upstream(mirror=base))


@pytest.mark.parametrize(
    ("previous", "target", "followed"),
    [
        ("https://a/", "https://b/", True),
        ("http://127.0.0.1/", "http://localhost/", True),
        ("http://127.0.0.1/", "https://b/", True),
        ("https://a/", "http://a/", False),
        ("https://a/", "http://127.0.0.1/", False),
        ("http://127.0.0.1/", "http://b/", False),
        ("https://a/", "https:///x", False),
        ("https://a/", "javascript:x", False),
    ],
)
def test_redirects_stay_encrypted(previous: str, target: str, *, followed: bool) -> None:
    """From https to https; in the clear only from this machine to itself."""
    if followed:
        check_redirect(target, previous)
    else:
        with pytest.raises(BundleError, match="not safe to follow"):
            check_redirect(target, previous)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{A}  k3s\n{B} *k3s-arm64\n", {"k3s": A, "k3s-arm64": B}),
        (f"{A.upper()}  ./k3s\r\n", {"k3s": A}),
        (f"{A}", {"": A}),
        (f"{A}\n", {"": A}),
        (f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{A} *runc.arm64\n", {
            "runc.arm64": A,
        }),
        (f"{A[:-1]}  k3s\n{A}{A}  x\nsha256:{A}  y\n", {}),
        ("<html>", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_lists_of_digests_are_read(text: str, expected: dict[str, str]) -> None:
    """As sha256sum writes them, with what may stand around; nothing else counts as one."""
    assert read_digests(text.encode()) == expected


def test_the_digest_of_another_file_is_none() -> None:
    """A name that only ends or begins alike is another file."""
    text = f"{A}  k3s-arm64\n{B}  xk3s\n".encode()

    with pytest.raises(BundleError, match="the list has no digest of k3s"):
        digest_of(text, "k3s", "the list")
