"""Servers of the stand-in refuse what k3s and etcd refuse: order, tokens, numbers, SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.standins.k3s import errors, joining
from tests.standins.k3s.store import Etcd, NoQuorum, Store, bury, is_initialised

DIGEST = "0" * 64
JOINS: dict[str, str | list[str]] = {"server": "https://127.0.0.1:1"}
OWN = ("red", "127.0.0.1")


def _etcd(data: Path) -> Etcd:
    etcd = Etcd(data, OWN, "secret")
    etcd.begin()
    return etcd


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("secret", "does not say by which authority"),
        (f"K10{DIGEST}::node:secret", "does not say by which authority"),
    ],
)
def test_a_server_joins_with_the_servers_whole_token(
    tmp_path: Path, token: str, message: str
) -> None:
    """Not with a short one, and not with the agents'."""
    with pytest.raises(errors.Fatal, match=message):
        joining.bootstrap(JOINS, tmp_path, token)


def test_etcd_takes_in_one_at_a_time(tmp_path: Path) -> None:
    """A second learner is refused; the same one again is no second."""
    etcd = _etcd(tmp_path)
    etcd.add("red01", "127.0.0.1")
    etcd.add("red01", "127.0.0.1")
    with pytest.raises(errors.Fatal, match="too many learner members"):
        etcd.add("red02", "127.0.0.1")


def test_without_more_than_half_nothing_is_written(tmp_path: Path) -> None:
    """One of two is not more than half."""
    etcd = _etcd(tmp_path)
    etcd.put("x", "1")
    lost = {"address": "127.0.0.1", "learner": False}
    etcd.set_members(etcd.members() | {"red01": lost})
    with pytest.raises(NoQuorum):
        etcd.put("x", "2")
    assert (etcd.get("x"), etcd.is_up) == ("1", False)


def test_one_that_was_taken_out_begins_anew(tmp_path: Path) -> None:
    """What it has left is put away, and it joins as if it had never been there."""
    etcd = _etcd(tmp_path)
    etcd.set_members({"red01": {"address": "127.0.0.1", "learner": False}})
    assert is_initialised(tmp_path)
    bury(tmp_path)
    assert not is_initialised(tmp_path)


def test_what_is_on_the_disk_decides(tmp_path: Path) -> None:
    """Etcd stays etcd, whatever is said; SQLite does not become etcd."""
    assert type(joining.choose({}, tmp_path, OWN, "secret")) is Store
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "state.db").touch()
    with pytest.raises(errors.Fatal, match="does not migrate from SQLite"):
        joining.choose(JOINS, tmp_path, OWN, "secret")
    _etcd(tmp_path)
    assert isinstance(joining.choose({}, tmp_path, OWN, "secret"), Etcd)


def test_servers_must_be_set_up_alike() -> None:
    """What differs is named."""
    joining.compare({"cluster-cidr": "10.42.0.0/16"}, {"cluster-cidr": "10.42.0.0/16"})
    with pytest.raises(errors.Fatal, match="mismatch between servers: disable"):
        joining.compare({"disable": ["traefik"]}, {})
