"""The plan of a queue, from a cluster that is known here; its hosts and its API are made up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

import fit
import made_up as make
import queue_laws
from kuberry.api import job as job_api
from kuberry.api import queue as api
from kuberry.api.job import Jobs
from kuberry.api.queue import install_queue, plan_queue, queue_status
from kuberry.clusters import Clusters
from kuberry.errors import BundleError, PreflightFailed, TransportError, UsageError
from kuberry.kube.client import Kube
from kuberry.model.event import AnyEvent, Notice, ignore
from kuberry.model.host import Host
from kuberry.model.status import HostStatus, Problem
from kuberry.queueing import apply, kueue, rollout
from kuberry.queueing.install import install
from kuberry.settings import Settings
from kuberry.transports.fake import FakeTransport
from kuberry.transports.pool import Connection, Connections
from kueue_server import RELEASE, KueueServer
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
    for act in (plan_queue, install_queue):
        with pytest.raises(PreflightFailed, match=r"has 1\.20"):
            await act(settings=settings)

    assert server.logins == [("red",), ("red",)]


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


async def test_an_installation_and_its_status_go_by_the_same_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a cluster that is known here to its API; the board decides the class."""
    server, release = KueueServer(), settings.config_dir / "manifests.yaml"
    release.write_text(yaml.safe_dump_all(RELEASE))
    put(StandIn(), monkeypatch)
    server.kept["/api/v1/nodes/red01"] = node("red01")
    del server.kept["/api/v1/nodes/a"]
    for room in (apply, rollout):
        monkeypatch.setattr(room, "_PAUSE_S", 0.0)

    @asynccontextmanager
    async def connect(_: Any) -> AsyncIterator[Kube]:
        async with server.kube() as kube:
            yield kube

    monkeypatch.setattr(api, "connect", connect)
    report = await install_queue(release, settings=settings)
    status = await queue_status(settings=settings)

    assert (report.outcome, status.ready) == ("done", True)
    assert [one.name for one in status.classes] == ["raspberry-pi-5"]
    assert type(report).model_validate_json(report.model_dump_json()) == report
    assert type(status).model_validate_json(status.model_dump_json()) == status


async def test_a_submission_says_where_its_job_goes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Kueue, and with a Kueue that has no queue of ours; in the queue nothing is said."""
    server, told = KueueServer(), list[AnyEvent]()
    release = settings.config_dir / "manifests.yaml"
    release.write_text(yaml.safe_dump_all(RELEASE))
    monkeypatch.setattr(job_api, "connect_all", StandIn().connect_all)
    monkeypatch.setattr(job_api, "connect", lambda _: server.kube())
    for room in (apply, rollout):
        monkeypatch.setattr(room, "_PAUSE_S", 0.0)
    jobs = Jobs(settings=settings, emit=told.append)

    await jobs.submit(queue_laws.wish("first", "i"))
    async with server.kube() as kube:
        await install(kube, {}, RELEASE, timeout_s=30, emit=ignore)
    ours = server.kept.pop(kueue.local_queue_path("v1beta2"))
    await jobs.submit(queue_laws.wish("second", "i"))
    server.kept[kueue.local_queue_path("v1beta2")] = ours
    await jobs.submit(queue_laws.wish("third", "i"))

    notices = [one.message for one in told if isinstance(one, Notice)]
    assert [one.partition(",")[0] for one in notices] == [
        "without Kueue",
        "Kueue is there without the queue of kuberry",
    ]
    labels = {one["metadata"]["name"]: one["metadata"]["labels"] for one in server.kinds("Job")}
    assert [name for name, one in labels.items() if kueue.LABEL in one] == ["third"]
