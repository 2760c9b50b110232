"""Which hosts join, which may leave, and what is remembered of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import made_up as make
from kuberry.actions import deploy as deploy_action
from kuberry.actions import reset as reset_action
from kuberry.api import node as api
from kuberry.api.node import Leave, node_add, node_remove, plan_node_add
from kuberry.bundles.store import Store
from kuberry.clusters import Clusters
from kuberry.errors import UsageError
from kuberry.model.report import HostReport, PlanReport, RunReport
from kuberry.settings import Settings

SHELF = make.cluster("red", "red01", "red02")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings that remember one cluster."""
    where = Settings(
        config_dir=tmp_path, state_dir=tmp_path / "state", kubeconfig=tmp_path / "kubeconfig"
    )
    Clusters(where.clusters_dir).save(SHELF)
    return where


def _report(work: Any, hosts: list[HostReport]) -> RunReport:
    return RunReport(
        command=work.operator.command,
        cluster=work.cluster,
        started=datetime.now(UTC),
        duration_s=1,
        hosts=tuple(hosts),
    )


@pytest.mark.parametrize(
    ("hosts", "wanted"),
    [
        ("red03", ("red", "red01", "red02", "red03")),
        ("red[03-04]", ("red", "red01", "red02", "red03", "red04")),
        ("pi@red01", ("red", "red02", "red01")),
    ],
)
async def test_adding_is_a_deploy_of_all(
    hosts: str, wanted: tuple[str, ...], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cluster's own hosts are named for the user, who may name one again with a login."""
    monkeypatch.setattr(Store, "load", lambda *_: make.bundle())
    seen: list[deploy_action.Work] = []

    async def deploy(work: deploy_action.Work) -> RunReport:
        seen.append(work)
        work.remember(work.cluster)
        return _report(work, [HostReport(host=one, ending="done") for one in work.cluster.hosts])

    monkeypatch.setattr(deploy_action, "deploy", deploy)
    report = await node_add(hosts, settings=settings)

    assert (report.command, seen[0].cluster.hosts) == ("node add", wanted)
    assert seen[0].cluster.control_plane == "red"
    assert Clusters(settings.clusters_dir).load("shelf").hosts == wanted


async def test_the_plan_of_an_addition_is_that_of_the_whole_cluster(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The new host comes last, and nothing is remembered or done."""
    monkeypatch.setattr(Store, "load", lambda *_: make.bundle())
    seen: list[deploy_action.Work] = []

    async def look(work: deploy_action.Work) -> PlanReport:
        seen.append(work)
        return PlanReport(cluster=work.cluster, findings=(), plan=None)

    monkeypatch.setattr(deploy_action, "plan", look)
    report = await plan_node_add("blue", settings=settings)

    assert report.cluster.hosts == (*SHELF.hosts, "blue")
    assert (report.cluster.name, len(seen)) == ("shelf", 1)
    assert Clusters(settings.clusters_dir).load("shelf") == SHELF


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("red", "red is the control plane"),
        ("red,red[01-02]", "nothing is left of shelf"),
        ("blue", "blue is in no cluster known here"),
    ],
)
async def test_what_cannot_leave_is_refused(hosts: str, said: str, settings: Settings) -> None:
    """Before any login, with the line that would be right."""
    with pytest.raises(UsageError, match=said) as caught:
        await node_remove(hosts, settings=settings)
    assert "kuberry reset" in caught.value.remedy


def test_a_line_that_names_the_cluster_may_be_typed_again(settings: Settings) -> None:
    """A host that is out already is looked at once more; one of another cluster is left alone."""
    work = api._removal("blue", "shelf", Leave(), settings, print)
    assert (work.leaving, work.cluster) == (("blue",), SHELF)

    other = make.cluster("blue").model_copy(update={"name": "other"})
    Clusters(settings.clusters_dir).save(other)
    with pytest.raises(UsageError, match="blue is in no cluster"):
        api._removal("blue", "shelf", Leave(), settings, print)


@pytest.mark.parametrize(
    ("code", "left"), [("left-behind", ("red", "red01")), ("unreachable", SHELF.hosts)]
)
async def test_a_dead_host_that_was_forced_out_is_no_longer_wished_for(
    code: str, left: tuple[str, ...], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is only out of reach stays in the wish, so that the same line heals it."""

    async def reset(work: reset_action.Work) -> RunReport:
        assert (work.lets_go, work.terms.must_drain, work.terms.drain_s) == (True, False, 5)
        dead = HostReport(host="red02", ending="unreachable", code=code)
        return _report(work, [dead, HostReport(host="red", ending="done")])

    monkeypatch.setattr(reset_action, "reset", reset)
    leave = Leave(drain_s=5, force=True)
    report = await node_remove("red02", leave=leave, settings=settings)

    assert (report.command, report.outcome) == ("node remove", "partly-done")
    assert Clusters(settings.clusters_dir).load("shelf").hosts == left


def test_without_force_pods_keep_their_node(settings: Settings) -> None:
    """What is asked of the planner is the careful way."""
    work = api._removal("red01", None, Leave(), settings, print)

    assert (work.terms.must_drain, work.lets_go) == (True, False)
