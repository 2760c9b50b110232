"""Which hosts a deploy can do without, and how its end is called then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import made_up as make
from kuberry.actions.dead import dead_reports, in_order, in_the_way
from kuberry.errors import CommandFailed, HostBusy, HostKeyChanged, KuberryError, Unreachable
from kuberry.model.report import Ending, HostReport, RunReport

CLUSTER = make.cluster("red", "red01", "red02")
DEAD = Unreachable("nothing answers", remedy="switch it on")
BUSY = HostBusy("another run is at work")
BROKEN = CommandFailed("no sense", command="facts", exit_status=0, stderr="")
CHANGED = HostKeyChanged("another key", remedy="ssh-keygen -R red01")


@pytest.mark.parametrize(
    ("host", "error", "skipped"),
    [
        ("red01", DEAD, True),
        ("red01", CHANGED, True),
        ("red", DEAD, False),
        ("red01", BUSY, False),
        ("red01", BROKEN, False),
    ],
)
def test_only_workers_out_of_reach_can_be_skipped(
    host: str, error: KuberryError, *, skipped: bool
) -> None:
    """Never the control plane, nor a host that another run holds or that makes no sense."""
    assert in_the_way(CLUSTER, {host: error}, skips=False) == (host,)
    assert bool(in_the_way(CLUSTER, {host: error}, skips=True)) is not skipped


@pytest.mark.parametrize(
    ("failed", "named"),
    [
        ({"red01": DEAD}, True),
        ({"red01": DEAD, "red02": DEAD}, True),
        ({"red": DEAD, "red01": DEAD}, False),
        ({"red01": DEAD, "red02": BUSY}, False),
    ],
)
def test_the_flag_is_named_where_it_would_help(
    failed: dict[str, KuberryError], *, named: bool
) -> None:
    """The remedy of the host's own trouble stays in front."""
    reports = dead_reports(CLUSTER, failed, tuple(failed))
    remedies = [one.remedy for one in reports if one.ending == "unreachable"]

    assert all(one.startswith("switch it on") for one in remedies)
    assert all(("--skip-unreachable" in one) is named for one in remedies)


@pytest.mark.parametrize(
    ("endings", "outcome"),
    [
        (("done", "unreachable", "done"), "partly-done"),
        (("unchanged", "unreachable", "unchanged"), "partly-done"),
        (("done", "failed", "done"), "partly-done"),
        (("failed", "blocked", "unreachable"), "failed"),
        (("unreachable",), "unreachable"),
        (("unreachable", "busy"), "unreachable"),
        (("busy",), "busy"),
        (("unchanged", "unchanged"), "unchanged"),
    ],
)
def test_a_run_without_some_is_partly_done(endings: tuple[Ending, ...], outcome: str) -> None:
    """Also when there was nothing to do on the rest: the whole is not as it should be."""
    hosts = tuple(
        HostReport(host=name, ending=end) for name, end in zip(CLUSTER.hosts, endings, strict=False)
    )
    report = RunReport(
        command="deploy", cluster=CLUSTER, started=datetime.now(UTC), duration_s=1, hosts=hosts
    )

    assert report.outcome == outcome
    assert in_order(CLUSTER, hosts[::-1]) == hosts
