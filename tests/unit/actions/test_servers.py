"""Several servers: which sets of hosts can be a control plane together, and which cannot."""

from __future__ import annotations

import pytest

import made_up as make
from kuberry.actions.servers import choose_servers
from kuberry.actions.wish import make_wish
from kuberry.errors import UsageError
from kuberry.model.cluster import Cluster

HOSTS = ("red", "red01", "red02", "red03", "red04", "red05")
THREE = make.k3s_cluster("red", "red01", "red02", "red03", more_servers=("red01", "red02"))


def test_three_hosts_are_three_servers() -> None:
    """An expression names them; the first one begins, the others are no workers."""
    wish = make_wish(HOSTS, make.k3s_bundle(), control_plane="red[02,01],red")

    assert (wish.control_plane, wish.more_servers) == ("red02", ("red01", "red"))
    assert (wish.servers, wish.workers) == (("red02", "red01", "red"), ("red03", "red04", "red05"))
    assert wish.has_many_servers


def test_one_server_is_the_rule() -> None:
    """Nobody gets etcd who has not asked for it."""
    wish = make_wish(HOSTS, make.k3s_bundle())
    assert (wish.servers, wish.has_many_servers) == (("red",), False)


@pytest.mark.parametrize(("wanted", "other"), [("red,red01", "1 or 3"), ("red[01-04]", "3 or 5")])
def test_an_even_number_is_refused_with_the_reason(wanted: str, other: str) -> None:
    """One more that may break, and not one more that may be missing."""
    with pytest.raises(UsageError, match="more than half") as caught:
        choose_servers(HOSTS, "k3s", wanted=wanted)
    assert other in caught.value.remedy


def test_kubeadm_has_one() -> None:
    """Said is what is not there, and what to do."""
    with pytest.raises(UsageError, match="one address for all API servers") as caught:
        choose_servers(HOSTS, "kubeadm", wanted="red,red[01-02]")
    assert "--distribution k3s" in caught.value.remedy


def test_all_of_them_must_be_hosts() -> None:
    """One that is not is named."""
    with pytest.raises(UsageError, match="'blue' is not among"):
        choose_servers(HOSTS, "k3s", wanted="red,red01,blue")


@pytest.mark.parametrize("wanted", [None, "red,red[01-02]", "red02,red,red01"])
def test_a_cluster_keeps_its_servers(wanted: str | None) -> None:
    """Nothing said, or the same in any order, changes nothing: not who is the first."""
    assert choose_servers(HOSTS, "k3s", wanted=wanted, known=THREE) == (THREE.servers, "as it was")


def test_more_servers_may_join_those_that_are_there() -> None:
    """New hosts come last, and to an odd number."""
    servers, _ = choose_servers(HOSTS, "k3s", wanted="red05,red[01-02],red04,red", known=THREE)
    assert servers == ("red", "red01", "red02", "red05", "red04")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("red", "has its control plane on red,red.01-02., not on red"),
        ("red,red[01-02],red04", "4 servers"),
        ("red,red[01-03],red04", "red03 is a worker"),
    ],
)
def test_what_does_not_fit_the_servers_that_are_there(wanted: str, message: str) -> None:
    """None leaves by not being named, and none that runs as a worker becomes a server."""
    with pytest.raises(UsageError, match=message):
        choose_servers(HOSTS, "k3s", wanted=wanted, known=THREE)


def test_sqlite_stays_sqlite() -> None:
    """What one server has written, no other can join."""
    known = make.k3s_cluster("red", "red01")
    with pytest.raises(UsageError, match="in SQLite") as caught:
        choose_servers(HOSTS, "k3s", wanted="red,red[02-03]", known=known)
    assert "reset" in caught.value.remedy


def test_files_of_before_are_read() -> None:
    """A cluster remembered before there were several servers has one."""
    text = make.k3s_cluster("red", "red01").model_dump(mode="json")
    del text["more_servers"]
    assert Cluster.model_validate(text).servers == ("red",)
