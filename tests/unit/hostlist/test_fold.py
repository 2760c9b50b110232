"""Folding is the inverse of expanding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberry.hostlist import expand, fold

FOLDED = [
    ("red red01 red02", "red,red[01-02]"),
    ("red01 red03", "red[01,03]"),
    ("red02 red01", "red[02,01]"),
    ("red9 red10 red011", "red[9-10,011]"),
    ("red98 red99 red100", "red[98-100]"),
    ("red098 red099 red100", "red[098-100]"),
    ("10.0.0.1 10.0.0.2", "10.0.0.[1-2]"),
    ("pi@a1:22 pi@a2:22 a3", "pi@a[1-2]:22,a3"),
    ("red01 blue red02", "red01,blue,red02"),
    ("[fd00::1]:22 [fd00::2]:22", "[fd00::1]:22,[fd00::2]:22"),
    ("red1 red1 red2", "red[1-2]"),
    ("red red01 red Red red02", "red,red[01-02]"),
    ("red", "red"),
    ("", ""),
]


@pytest.mark.parametrize(("names", "expression"), FOLDED)
def test_folded(names: str, expression: str) -> None:
    """Neighbours are folded, the order is kept."""
    assert fold(names.split()) == expression


_PLAIN = st.from_regex(r"[a-z]{1,3}[0-9]{0,4}(-[0-9]{1,2})?(\.[a-z][a-z0-9]{0,2})?", fullmatch=True)
_V4 = st.ip_addresses(v=4, network="10.0.0.0/22").map(str)
_V6 = st.ip_addresses(v=6, network="fd00::/118").map(str)
_BARE = st.one_of(_PLAIN, _V4)
_LOGIN = st.one_of(
    st.builds("pi@{}".format, _BARE),
    st.builds("{}:{}".format, _BARE, st.integers(1, 65535)),
    st.builds("u1@[{}]:{}".format, _V6, st.integers(20, 30)),
)


@given(st.lists(st.one_of(_BARE, _V6, _LOGIN), unique=True, min_size=1, max_size=30))
def test_expand_after_fold_is_the_identity(names: list[str]) -> None:
    """Folding loses nothing, not even the order."""
    assert expand(fold(names)) == tuple(names)


@given(st.integers(0, 12000), st.integers(0, 40), st.integers(1, 5))
def test_runs_survive(start: int, length: int, width: int) -> None:
    """Runs of any width and any start come back as they were."""
    names = [f"red{number:0{width}}" for number in range(start, start + length + 1)]

    assert expand(fold(names)) == tuple(names)


def test_no_name_is_refused() -> None:
    """What is no host name is not folded."""
    with pytest.raises(ValueError, match="no RFC 1123 name"):
        fold(["red;reboot"])
