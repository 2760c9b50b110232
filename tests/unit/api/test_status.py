"""A host of a cluster that was deployed from here says of which, and what it is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuberry.api import status as room
from kuberry.clusters import Clusters
from kuberry.model.cluster import Cluster
from kuberry.model.host import Host
from kuberry.model.status import HostStatus, Problem, StatusReport
from kuberry.settings import Settings

PROBLEM = Problem(code="unreachable", message="nothing answered", remedy="switch it on")


def _cluster(name: str, *hosts: str, more: tuple[str, ...] = ()) -> Cluster:
    return Cluster(
        name=name,
        hosts=hosts,
        control_plane=hosts[0],
        control_plane_rule="the first",
        more_servers=more,
        version="v1.20.2",
        bundle="lab",
    )


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings, and let every host be one that does not answer."""

    async def look(hosts: Sequence[Host], *_: object) -> StatusReport:
        rows = tuple(
            HostStatus(host=one.name, state="unreachable", facts=None, problem=PROBLEM)
            for one in hosts
        )
        return StatusReport(taken_at=datetime(2026, 1, 2, tzinfo=UTC), hosts=rows)

    monkeypatch.setattr(room, "look", look)
    return Settings(
        config_dir=tmp_path / "config",
        state_dir=tmp_path / "state",
        kubeconfig=tmp_path / "kubeconfig",
    )


async def _roles(own: Settings) -> list[tuple[str, str | None, str | None]]:
    report = await room.status("red[1-4]", settings=own)
    return [(one.host.removeprefix("red"), one.cluster, one.role) for one in report.hosts]


async def test_each_host_says_what_it_is_also_when_it_does_not_answer(own: Settings) -> None:
    """Of several servers each is one; a host of no cluster has no role."""
    Clusters(own.clusters_dir).save(_cluster("pis", "red1", "red2", "red3", more=("red2",)))

    assert await _roles(own) == [
        ("1", "pis", "server"),
        ("2", "pis", "server"),
        ("3", "pis", "worker"),
        ("4", None, None),
    ]


async def test_of_two_clusters_the_last_one_counts_and_a_broken_file_costs_none(
    own: Settings,
) -> None:
    """What the hosts are is asked often, and must not end with a file of another cluster."""
    Clusters(own.clusters_dir).save(_cluster("new", "red2", "red1"))
    Clusters(own.clusters_dir).save(_cluster("old", "red1"))
    Clusters(own.clusters_dir).save(_cluster("new", "red2", "red1"))
    (own.clusters_dir / "a.yaml").write_text("hosts: [")

    assert (await _roles(own))[:2] == [("1", "new", "worker"), ("2", "new", "server")]
