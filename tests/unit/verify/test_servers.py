"""A cluster of several servers: each is a member of etcd, and one of them that lives is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

import made_up as make
from asked import HOSTS, node, outcomes, sight
from kuberry.errors import TransportError, Unreachable
from kuberry.model.event import ignore
from kuberry.model.finding import Outcome
from kuberry.transports.transport import Transport
from kuberry.verify import run as room
from kuberry.verify.host_view import HostView
from kuberry.verify.ledger import Ledger
from kuberry.verify.system import judge_system

ETCD = ("control-plane", "etcd")
WISH = make.k3s_cluster(*HOSTS, version="v1.20.2", more_servers=HOSTS[1:])


def _judged(roles: Mapping[str, tuple[str, ...]], **changes: Any) -> Ledger:
    ledger = Ledger()
    nodes = {one: node(one, roles=roles[one]) for one in HOSTS if one in roles}
    judge_system(sight(nodes=nodes, pods=(), **({"cluster": WISH} | changes)), ledger)
    return ledger


def test_each_server_is_a_member() -> None:
    """It says so by a role of its node."""
    ledger = _judged(dict.fromkeys(HOSTS, ETCD))

    assert outcomes(ledger, Outcome.FAIL) == set()
    assert {("system.etcd", one) for one in HOSTS} <= outcomes(ledger, Outcome.OK)


@pytest.mark.parametrize(("roles", "said"), [(("control-plane",), "control-plane"), ((), "none")])
def test_a_server_that_is_no_member_is_named(roles: tuple[str, ...], said: str) -> None:
    """With what it says of itself, and where to look; the others are none the worse."""
    ledger = _judged(dict.fromkeys(HOSTS, ETCD) | {HOSTS[1]: roles})
    (failed,) = [one for one in ledger.results() if one.outcome is Outcome.FAIL]

    assert (failed.id, failed.where) == ("system.etcd", HOSTS[1])
    assert said in failed.detail
    assert f"look on {HOSTS[1]}" in failed.remedy


def test_a_server_without_a_node_is_no_member() -> None:
    """One that never came up has not even a node."""
    ledger = _judged(dict.fromkeys(HOSTS[:2], ETCD))

    assert outcomes(ledger, Outcome.FAIL) == {("system.etcd", HOSTS[2])}


def test_a_single_server_is_asked_for_no_etcd() -> None:
    """Its state is kept by itself, in SQLite."""
    one = make.k3s_cluster(*HOSTS, version="v1.20.2")

    assert "system.etcd" not in {
        result.id for result in _judged(dict.fromkeys(HOSTS, ()), cluster=one).results()
    }


@pytest.mark.parametrize(
    ("dead", "asked"), [((), "red"), (("red",), "red01"), (("red", "red01"), "red02")]
)
async def test_the_first_server_that_can_be_reached_is_asked(
    dead: tuple[str, ...], asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead first server is named, and costs no look at the cluster."""
    seen: list[str] = []

    async def look(
        transports: Mapping[str, Transport],
    ) -> tuple[dict[str, HostView], dict[str, TransportError]]:
        return {}, {}

    async def note(found: Any, ledger: Ledger, *_: object) -> None:
        seen.append(found.asked)

    monkeypatch.setattr(room, "look_at_hosts", look)
    monkeypatch.setattr(room, "_ask", note)
    living = {one: cast("Transport", object()) for one in HOSTS if one not in dead}
    failures = {one: Unreachable("nobody answers", host=one) for one in dead}
    results = await room.verify(WISH, living, failures, ignore)

    assert seen == [asked]
    failed = {(one.id, one.where) for one in results if one.outcome is Outcome.FAIL}
    assert failed == {("hosts.login", one) for one in dead}
