"""An API server that is on its way up is waited for, and one that is not is not."""

from __future__ import annotations

import pytest

import made_up as make
from kuberry.actions import look
from kuberry.actions.look import Sight, look_at_cluster
from kuberry.distributions.seen import Seen
from kuberry.engine.lock import Locks
from kuberry.errors import ConnectionLost
from kuberry.model.event import AnyEvent, ignore
from kuberry.model.facts import Unit
from kuberry.model.installed import SeenNode
from kuberry.model.operator import Operator
from kuberry.transports.fake import FakeTransport

CLUSTER = make.cluster("red", "red01")
RUNS = Unit(name="kubelet.service", active="active", enabled="enabled")
KNOWN = (SeenNode(name="red", ready=True),)


def _sight(nodes: tuple[SeenNode, ...] | None, unit: Unit = RUNS) -> Sight:
    there = make.installed(nodes=nodes, initialised=True, units={unit.name: unit})
    return Sight({"red": make.seen("red", "10.0.0.1", there=there)}, {})


class Stage:
    """What is seen look by look, and how the wait for the API server ends."""

    def __init__(self, *sights: Sight, answers: bool | ConnectionLost = True) -> None:
        self.sights = list(sights)
        self.answers = answers
        self.waits = 0
        self.heard: list[AnyEvent] = []

    async def look(self, _transports: object, _locks: object) -> Sight:
        """Look at all hosts."""
        return self.sights.pop(0)

    async def wait(self, _transport: object, *, within_s: int) -> bool:
        """Wait for the API server."""
        assert within_s > 60
        self.waits += 1
        if isinstance(self.answers, ConnectionLost):
            raise self.answers
        return self.answers

    async def go(self, patch: pytest.MonkeyPatch, *leaving: str) -> Seen:
        """Look at the cluster."""
        patch.setattr(look, "look_at_all", self.look)
        patch.setattr(look, "wait_for_api", self.wait)
        transports = {"red": FakeTransport("red")}
        locks = Locks(Operator(who="me", command="deploy", run="1"), ignore)
        sight = await look_at_cluster(CLUSTER, transports, locks, self.heard.append, leaving)
        return sight.seen["red"]


@pytest.mark.parametrize("answers", [True, ConnectionLost("gone")])
async def test_one_that_comes_up_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, *, answers: bool | ConnectionLost
) -> None:
    """What was seen before it answered is not what is planned on; the user is told of the wait."""
    stage = Stage(_sight(None), _sight(KNOWN), answers=answers)

    assert (await stage.go(monkeypatch)).installed.nodes == KNOWN
    assert (stage.waits, [one.kind for one in stage.heard]) == (1, ["notice"])


async def test_one_that_stays_silent_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is made of what there is."""
    stage = Stage(_sight(None), answers=False)

    assert (await stage.go(monkeypatch)).installed.nodes is None


async def test_nobody_waits_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where it answers, where nothing starts it, or where it leaves with its host."""
    stopped = RUNS.model_copy(update={"active": "inactive"})
    stages = Stage(_sight(KNOWN)), Stage(_sight(None, stopped)), Stage(_sight(None))
    leaving: tuple[tuple[str, ...], ...] = ((), (), ("red", "red01"))
    for stage, names in zip(stages, leaving, strict=True):
        await stage.go(monkeypatch, *names)

    assert [one.waits for one in stages] == [0, 0, 0]
