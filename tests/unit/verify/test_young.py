"""What is only young gets its time, and is told; what is old is judged at once."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from asked import HOSTS, NOW, StandIn, node, sight, system_pods, view
from kuberry.errors import ApiUnreachable, KuberryError
from kuberry.kube.objects import Node
from kuberry.model.event import AnyEvent, Notice, ignore
from kuberry.transports.fake import FakeTransport
from kuberry.verify import run, system, young
from kuberry.verify.host_view import HostView
from kuberry.verify.questions import Asked
from kuberry.verify.sight import Sight
from kuberry.verify.system import SETTLE_S

JUST_NOW = {one: node(one, created=NOW - timedelta(seconds=30)) for one in HOSTS}
LONG_AGO = {one: node(one, created=NOW - timedelta(days=3)) for one in HOSTS}
BOOTED = {one: view(one, up_s=40.0) for one in HOSTS}
SERVER_BOOTED = {one: view(one, up_s=40.0 if one == "red" else 9e5) for one in HOSTS}
REFUSED = dict.fromkeys(HOSTS, "") | {"red01": "Forbidden (user=x, verb=get)"}
STOPPED = dict.fromkeys(HOSTS, "") | {"red01": "dial tcp: connection refused"}
DOWN = {"red01": node("red01", ready=False, problem="container runtime status check may not …")}
STARTED = {one: view(one, kubelet_s=8.0 if one == "red01" else 9e5) for one in HOSTS}
STARTED_LONG_AGO = {one: view(one, kubelet_s=61.0) for one in HOSTS}
STARTING = {"red01": node("red01", ready=False, created=NOW - timedelta(seconds=30))}
BEFORE_THE_BOOT = dict.fromkeys(HOSTS, NOW - timedelta(seconds=45))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause nowhere."""
    monkeypatch.setattr(young, "_PAUSE_S", 0.0)
    monkeypatch.setattr(system, "_PAUSE_S", 0.0)


async def _looked(
    monkeypatch: pytest.MonkeyPatch, *sights: Sight, again: Mapping[str, HostView] | None = None
) -> tuple[Sight, list[AnyEvent]]:
    """Look at a cluster that is, one look after the other, like *sights*.

    Args:
        again: What hosts see that are asked anew.
    """
    rest: list[Sight] = list(sights)
    heard: list[AnyEvent] = []

    async def look(*_: object) -> Sight:
        return rest.pop(0)

    async def look_again(*_: object) -> tuple[Mapping[str, HostView], dict[str, KuberryError]]:
        assert again is not None, "no host is to be asked anew"
        return again, {}

    monkeypatch.setattr(young, "look_at_cluster", look)
    monkeypatch.setattr(young, "look_at_hosts", look_again)
    first = sights[0]
    server: Any = None
    seen = await young.look_until_settled(server, first.cluster, first.views, {}, heard.append)
    assert rest == []
    return seen, heard


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes": JUST_NOW, "kubelets": REFUSED},
        {"nodes": JUST_NOW | STARTING},
        {"nodes": JUST_NOW, "leases": {}},
        {"nodes": LONG_AGO, "views": BOOTED, "leases": BEFORE_THE_BOOT, "kubelets": STOPPED},
        {"nodes": LONG_AGO, "views": SERVER_BOOTED, "leases": BEFORE_THE_BOOT},
        {"nodes": LONG_AGO | DOWN, "views": STARTED},
        {"nodes": LONG_AGO, "views": STARTED, "kubelets": STOPPED},
    ],
    ids=[
        "rules-of-access",
        "not-ready",
        "no-lease",
        "booting",
        "without-api-server",
        "kubelet-has-not-looked-yet",
        "kubelet-does-not-listen-yet",
    ],
)
async def test_what_has_not_found_its_feet_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """A node that joined, or a host that booted, a moment ago: until it has settled."""
    early, late = sight(**changes), sight(nodes=JUST_NOW)
    seen, heard = await _looked(monkeypatch, early, early, late, again=late.views)

    assert seen == late
    assert [type(one) for one in heard] == [Notice]
    assert "young, and not settled yet" in str(heard[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes": LONG_AGO, "kubelets": REFUSED},
        {"nodes": LONG_AGO, "leases": BEFORE_THE_BOOT, "kubelets": STOPPED},
        {"nodes": JUST_NOW, "kubelets": STOPPED},
        {"nodes": LONG_AGO, "views": BOOTED, "kubelets": STOPPED},
        {"nodes": LONG_AGO, "views": SERVER_BOOTED, "kubelets": STOPPED},
        {"nodes": LONG_AGO | DOWN, "views": STARTED_LONG_AGO},
        {"nodes": LONG_AGO, "views": STARTED_LONG_AGO, "kubelets": STOPPED},
        {"nodes": {}, "views": BOOTED},
        {"nodes": JUST_NOW | STARTING, "views": {"red": view("red"), "red02": view("red02")}},
        {"nodes": JUST_NOW, "views": {one: view(one, api_problem="blocked") for one in HOSTS}},
    ],
    ids=[
        "old-refused",
        "old-stopped",
        "stopped-after-it-was-ready",
        "stopped-after-the-boot",
        "stopped-after-the-server's-boot",
        "never-ready",
        "never-listens",
        "no-node",
        "no-shell",
        "blocked",
    ],
)
async def test_what_had_its_time_is_judged_at_once(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """One look, and nothing is said: also of a young one that was fine and is broken now."""
    broken = sight(**changes)

    assert await _looked(monkeypatch, broken) == (broken, [])


async def test_the_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """No third look where no time is left at the second."""
    broken = sight(kubelets=REFUSED, nodes=JUST_NOW)
    grown = sight(kubelets=REFUSED, nodes=LONG_AGO)

    assert (await _looked(monkeypatch, broken, grown, again=grown.views))[0] == grown


async def test_what_a_host_saw_while_it_booted_is_asked_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its kubelet has got through since: no firewall is to blame."""
    deaf = BOOTED | {"red01": view("red01", up_s=6.0, api_problem="network is unreachable")}
    early = sight(views=deaf, leases=dict.fromkeys(HOSTS, NOW))
    seen, heard = await _looked(monkeypatch, early, again=BOOTED)

    assert (seen.views, heard) == (BOOTED, [])


class _Server:
    def __init__(self, answers: Sequence[str | ApiUnreachable]) -> None:
        self.answers = list(answers)

    async def unready(self) -> str:
        answer = self.answers.pop(0)
        if isinstance(answer, ApiUnreachable):
            raise answer
        return answer


async def test_an_api_server_is_given_time_after_a_boot_only() -> None:
    """On a host that has long been up, the first answer counts."""
    heard: list[AnyEvent] = []
    gone = ApiUnreachable("connection refused")
    rising: Any = _Server([gone, "[-]etcd", ""])
    assert await young.unready(rising, "red", view("red", up_s=30.0), heard.append) == ""
    assert len(heard) == 1

    for up_s in (None, 4000.0):
        down: Any = _Server([gone])
        with pytest.raises(ApiUnreachable):
            await young.unready(down, "red", view("red", up_s=up_s), heard.append)
    assert len(heard) == 1


@pytest.mark.parametrize(("nodes", "patience_s"), [(JUST_NOW, 90.0), (LONG_AGO, SETTLE_S)])
async def test_system_pods_of_a_young_cluster_get_its_time(
    nodes: dict[str, Node], patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As much as the youngest of it; those of an old one get what they always got."""
    given: list[float] = []

    @contextlib.asynccontextmanager
    async def way(*_: object) -> AsyncIterator[Any]:
        yield _Server([""])

    async def look_at_hosts(*_: object) -> tuple[dict[str, HostView], dict[str, KuberryError]]:
        return {one: view(one) for one in HOSTS}, {}

    async def look(*_: object) -> Sight:
        return sight(nodes=nodes)

    async def ask(asked: Asked, _: Sight) -> None:
        given.append(asked.settle_s)

    for name, stand_in in (("only_one", way), ("connect", way), ("ask", ask)):
        monkeypatch.setattr(run, name, stand_in)
    monkeypatch.setattr(run, "look_at_hosts", look_at_hosts)
    monkeypatch.setattr(young, "look_at_cluster", look)
    await run.verify(sight().cluster, {"red": FakeTransport("red")}, {}, ignore)

    assert given == [patience_s]


async def test_a_wait_for_system_pods_is_told() -> None:
    """Once, with its length; where all are ready nothing is said."""
    heard: list[AnyEvent] = []
    server: Any = StandIn()
    starting = sight(pods=tuple(dataclasses.replace(one, ready=False) for one in system_pods()))
    assert await system.settled(server, starting, frozenset(HOSTS), 60.0, heard.append) == sight()
    await system.settled(server, sight(), frozenset(HOSTS), 60.0, heard.append)

    assert len(heard) == 1
    assert "60 s" in str(heard[0])
