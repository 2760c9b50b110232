"""The plan of a queue, from a cluster that is known here; its hosts and its API are made up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import fit
import made_up as make
from kuberry.api import queue as api
from kuberry.api.queue import plan_queue
from kuberry.clusters import Clusters
from kuberry.errors import BundleError, PreflightFailed, TransportError, UsageError
from kuberry.model.host import Host
from kuberry.model.status import HostStatus, Problem
from kuberry.settings import Settings
from kuberry.transports.fake import FakeTransport
from kuberry.transports.pool import Connection, Connections
from queued import node


class StandIn:
    """An API server with Kueue, and hosts; *lost* does not tell its facts.

    Attributes:
        logins: The hosts of each round of logins.
    """

    def __init__(self, version: str = "v1.31.4", lost: str = "") -> None:
        self.logins: list[tuple[str, ...]] = []
        self._version, self._lost = version, lost

    async def version(self) -> str:
        """Return its version."""
        return self._version

    async def call(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        """Answer what a plan asks."""
        assert method == "GET"
        answers: dict[str, dict[str, Any]] = {
            "/apis/kueue.x-k8s.io": {"versions": [{"version": "v1beta2"}]},
            "/api/v1/nodes": {"items": [node("red", "NoSchedule"), node("red01")]},
            "/api/v1/pods": {"items": []},
        }
        return answers[path]

    @asynccontextmanager
    async def connect_all(self, hosts: Sequence[Host], *_: Any) -> AsyncIterator[Connections]:
        """Log in to all."""
        self.logins.append(tuple(host.name for host in hosts))
        transports = tuple(Connection(host, FakeTransport(host)) for host in hosts)

        async def never(_: Host) -> Any:
            raise AssertionError

        yield Connections(transports, never)

    @asynccontextmanager
    async def connect(self, _: Any) -> AsyncIterator[StandIn]:
        """Open the way to the API server."""
        yield self

    async def look(self, hosts: Sequence[Connection], **_: Any) -> tuple[HostStatus, ...]:
        """Return rows whose host names are in capitals, as a host's own name may be."""
        return tuple(self._row(one.host.name) for one in hosts)

    def _row(self, name: str) -> HostStatus:
        if name == self._lost:
            gone = Problem(code="connection-lost", message="it went away", remedy="look at it")
            return HostStatus(host=name, state="unreachable", facts=None, problem=gone)
        facts = fit.host(name, identity=fit.identity(name.upper())).facts
        return HostStatus(host=name, state="reachable", facts=facts, problem=None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings that remember one cluster."""
    where = Settings(config_dir=tmp_path, state_dir=tmp_path / "state")
    Clusters(where.clusters_dir).save(make.cluster("red", "red01"))
    return where


def put(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put *server* where the façade finds hosts and the API."""
    for name in ("connect_all", "connect", "look"):
        monkeypatch.setattr(api, name, getattr(server, name))
    return server


async def test_boards_decide_the_classes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts of a host belong to the node of its name, in whatever letters."""
    put(StandIn(), monkeypatch)
    made = await plan_queue(settings=settings)

    assert [(one.name, one.nodes) for one in made.classes] == [("raspberry-pi-5", ("red01",))]


async def test_an_old_cluster_is_refused_before_its_workers_are_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One login to the control plane is enough to know."""
    server = put(StandIn("v1.20.2"), monkeypatch)
    with pytest.raises(PreflightFailed, match=r"has 1\.20"):
        await plan_queue(settings=settings)

    assert server.logins == [("red",)]


async def test_a_host_that_tells_nothing_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its node would else be of another class today than tomorrow."""
    put(StandIn(lost="red01"), monkeypatch)
    with pytest.raises(TransportError, match="it went away") as error:
        await plan_queue(settings=settings)

    assert (error.value.host, error.value.remedy) == ("red01", "look at it")


async def test_what_is_wrong_here_is_said_before_any_login(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No such file, a file of something else, no such cluster."""
    server = put(StandIn(), monkeypatch)
    (tmp_path / "other.yaml").write_text("kind: Pod\n")
    for name, why in (("none.yaml", "cannot be read"), ("other.yaml", "no release of Kueue")):
        with pytest.raises(BundleError, match=why):
            await plan_queue(tmp_path / name, settings=settings)
    with pytest.raises(UsageError):
        await plan_queue(cluster="other", settings=settings)

    assert server.logins == []
