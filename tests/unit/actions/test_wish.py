"""From what the user says to the wish."""

from __future__ import annotations

import pytest

import made_up as make
from kuberry.actions.wish import choose_control_plane, make_wish
from kuberry.errors import UsageError


@pytest.mark.parametrize(
    ("hosts", "chosen", "rule"),
    [
        ("red red01 red02", "red", "the only name without a trailing number"),
        ("red01 red red02", "red", "the only name without a trailing number"),
        ("red01 red02", "red01", "the first host"),
        ("red blue red01", "red", "the first host"),
        ("10.0.0.2 10.0.0.1", "10.0.0.2", "the first host"),
        ("red", "red", "the only name without a trailing number"),
    ],
)
def test_the_rule(hosts: str, chosen: str, rule: str) -> None:
    """The only name without a trailing number is the control plane, else the first host."""
    assert choose_control_plane(hosts.split()) == (chosen, rule)


def test_the_user_has_the_first_word() -> None:
    """What the user says wins over the rule."""
    assert choose_control_plane(["red", "red01"], wanted="red01") == ("red01", "as you said")


def test_it_must_be_one_of_the_hosts() -> None:
    """A control plane that is no host is refused with the line that would be right."""
    with pytest.raises(UsageError) as caught:
        choose_control_plane(["red01", "red02"], wanted="red")
    assert "red,red01,red02" in caught.value.remedy


def test_a_cluster_keeps_its_control_plane() -> None:
    """A known cluster's control plane stays, and cannot be moved by saying so."""
    known = make.cluster("red01", "red")

    assert choose_control_plane(["red", "red01"], known=known) == ("red01", "as it was")
    with pytest.raises(UsageError, match="has its control plane on red01, not on red"):
        choose_control_plane(["red", "red01"], known=known, wanted="red")


def test_hosts_are_not_dropped_by_leaving_them_out() -> None:
    """A known cluster grows by naming more hosts, and never shrinks by naming fewer."""
    known = make.cluster("red", "red01")

    assert make_wish(["red", "red01", "red02"], make.bundle(), known=known).hosts[-1] == "red02"
    with pytest.raises(UsageError, match="shelf has red01 too") as caught:
        make_wish(["red", "red02"], make.bundle(), known=known)
    assert '"red,red[01-02]"' in caught.value.remedy


def test_a_deploy_changes_neither_version_nor_network() -> None:
    """What a cluster is stays as it is until that is asked for by name."""
    known = make.cluster("red")

    with pytest.raises(UsageError, match=r"runs v1\.20\.2, and the bundle test is v1\.31\.0"):
        make_wish(["red"], make.bundle(version="v1.31.0"), known=known)
    with pytest.raises(UsageError, match="has the network host-gw, not manifest"):
        make_wish(["red"], make.bundle(), known=known, network="manifest")
    assert make_wish(["red"], make.bundle(), network="manifest").network == "manifest"


def test_the_version_is_that_of_the_bundle() -> None:
    """What is installed is what the bundle holds; the name follows from the hosts."""
    wish = make_wish(["red", "red01"], make.bundle(version="v1.31.0"))

    assert (wish.name, wish.version, wish.bundle) == ("red-red01", "v1.31.0", "test")
    assert wish.endpoint == "api.red-red01.kuberry.internal"
