"""Which hosts a reset is about, and what is remembered afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import made_up as make
from kuberry.actions.reset import Work
from kuberry.api import reset as api
from kuberry.clusters import Clusters
from kuberry.errors import UsageError
from kuberry.model.event import ignore
from kuberry.model.finding import Outcome, ProbeResult
from kuberry.model.report import Ending, HostReport, RunReport
from kuberry.settings import Settings

SHELF = make.cluster("red", "red01", "red02")
DESK = make.cluster("blue", "blue01").model_copy(update={"name": "desk"})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings that remember two clusters."""
    where = Settings(
        config_dir=tmp_path, state_dir=tmp_path / "state", kubeconfig=tmp_path / "kubeconfig"
    )
    for one in (DESK, SHELF):
        Clusters(where.clusters_dir).save(one)
    return where


def _work(settings: Settings, hosts: str | None, name: str | None = None) -> Work:
    return api.work_for(hosts, name, None, settings, ignore)


def _report(work: Work, **endings: Ending) -> RunReport:
    hosts = tuple(HostReport(host=name, ending=ending) for name, ending in endings.items())
    return RunReport(
        command="reset", cluster=work.cluster, started=datetime.now(UTC), duration_s=1, hosts=hosts
    )


def _known(settings: Settings) -> dict[str, tuple[str, ...]]:
    clusters = Clusters(settings.clusters_dir)
    return {name: one.hosts for name in clusters.names() if (one := clusters.find(name))}


@pytest.mark.parametrize(
    ("hosts", "name", "cluster", "leaving"),
    [
        (None, None, "shelf", ("red", "red01", "red02")),
        (None, "desk", "desk", ("blue", "blue01")),
        ("red02", None, "shelf", ("red02",)),
        ("blue01,blue", None, "desk", ("blue01", "blue")),
        ("green,green01", None, "green-green01", ("green", "green01")),
    ],
)
def test_the_cluster_is_found_by_name_by_hosts_or_is_the_last(
    settings: Settings, hosts: str | None, name: str | None, cluster: str, leaving: tuple[str, ...]
) -> None:
    """Those that stay are asked, too; of hosts that nobody remembers there are none."""
    work = _work(settings, hosts, name)

    assert (work.cluster.name, work.leaving) == (cluster, leaving)
    assert {one.name for one in work.hosts} == {*work.cluster.hosts, *leaving}
    assert work.is_whole is (set(work.cluster.hosts) == set(leaving))


@pytest.mark.parametrize(
    ("hosts", "name", "words"),
    [
        ("red", None, r"red is the control plane of shelf: without it red\[01-02\] are no cluster"),
        ("red01,blue01", None, "belong to several clusters: desk, shelf"),
        (None, "attic", "no cluster 'attic' is known here"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    settings: Settings, hosts: str | None, name: str | None, words: str
) -> None:
    """Before anything is connected to, and with a line that would be right."""
    with pytest.raises(UsageError, match=words) as caught:
        _work(settings, hosts, name)
    assert caught.value.remedy


def test_a_cluster_that_is_gone_is_forgotten(settings: Settings) -> None:
    """When all its hosts are clean, also those that were clean before."""
    work = _work(settings, None)
    report = _report(work, red="done", red01="unchanged", red02="done")
    api.remember(work, report, settings, ignore)

    assert _known(settings) == {"desk": ("blue", "blue01")}


def test_a_part_that_left_is_no_longer_wished_for(settings: Settings) -> None:
    """The next deploy of the cluster does not bring it back."""
    work = _work(settings, "red01")
    api.remember(work, _report(work, red="done", red01="done"), settings, ignore)

    assert _known(settings)["shelf"] == ("red", "red02")


def test_a_cluster_that_is_not_all_gone_is_remembered_whole(settings: Settings) -> None:
    """So that the same line goes on with the rest."""
    work = _work(settings, None)
    report = _report(work, red="done", red01="failed", red02="unreachable")
    api.remember(work, report, settings, ignore)

    assert _known(settings)["shelf"] == SHELF.hosts


def test_a_host_that_is_not_proven_is_remembered(settings: Settings) -> None:
    """Something of us is left there: it has not left."""
    work = _work(settings, "red01")
    left = ProbeResult(id="reset.files", outcome=Outcome.FAIL, title="files", where="red01")
    report = _report(work, red="done", red01="done").model_copy(update={"probes": (left,)})
    api.remember(work, report, settings, ignore)

    assert report.outcome == "unverified"
    assert _known(settings)["shelf"] == SHELF.hosts
