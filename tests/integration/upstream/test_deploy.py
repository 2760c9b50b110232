"""`kuberry deploy` without a bundle: the hosts are looked at, upstream is asked, a plan comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.api.deploy import Wanted, plan
from kuberry.bundles.store import Store
from kuberry.errors import NameNotResolved, TransportError, UpstreamUnreachable
from kuberry.model.lab import LabState
from kuberry.model.plan import PutArtifact
from kuberry.settings import Settings
from mirror import Mirror
from published import publish_k3s

pytestmark = pytest.mark.integration

VERSION = "v1.34.2+k3s1"
"""The last minor version that takes the control groups v1 of some lab machines."""


@pytest.fixture
def of_host(settings: Settings, lab_settings: Settings) -> Settings:
    """Give settings with an empty cache, the mirror, and the lab of this test process."""
    changes = {"config_dir": lab_settings.config_dir, "state_dir": lab_settings.state_dir}
    return settings.model_copy(update=changes)


async def test_upstreams_k3s_is_planned_for_what_the_host_is(
    lab: LabState, of_host: Settings, mirror: Mirror
) -> None:
    """One real host: its architecture decides what is downloaded; nothing is changed there."""
    publish_k3s(mirror, VERSION)
    wanted = Wanted(distribution="k3s", version="stable")
    report = await plan("red", wanted=wanted, settings=of_host)

    bundle = Store(of_host.bundles_dir).load("k3s-v1.34.2-k3s1")
    assert (report.cluster.distribution, report.cluster.version) == ("k3s", VERSION)
    assert bundle.architectures == ("amd64",)
    assert mirror.gets("k3s-arm64") == []
    assert report.plan is not None, report.findings
    programs = [one for one in report.plan.hosts[0].steps if isinstance(one, PutArtifact)]
    assert [one.artifact.name for one in programs][:1] == ["k3s"]


async def test_without_upstream_nothing_begins(lab: LabState, of_host: Settings) -> None:
    """The way out is said: a mirror, a proxy, a bundle that was carried here."""
    offline = of_host.model_copy(update={"upstream_mirror": "http://127.0.0.1:1"})

    with pytest.raises(UpstreamUnreachable) as caught:
        await plan("red", wanted=Wanted(distribution="k3s"), settings=offline)

    assert "kuberry bundle import" in caught.value.remedy


async def test_hosts_that_cannot_be_reached_are_said_before_upstream_is_asked(
    settings: Settings, mirror: Mirror, tmp_path: Path
) -> None:
    """Nobody downloads for hosts that are not there; the reason is the first host's own."""
    changes = {"config_dir": tmp_path, "state_dir": tmp_path}

    with pytest.raises(TransportError) as caught:
        await plan("127.0.0.1:1", settings=settings.model_copy(update=changes))

    assert caught.value.host
    assert mirror.asked == []


async def test_a_wrong_name_among_lab_hosts_is_said_before_upstream_is_asked(
    lab: LabState, of_host: Settings, mirror: Mirror
) -> None:
    """With it they are no lab any more, but that is not what is wrong."""
    with pytest.raises(NameNotResolved) as caught:
        await plan("red,red01,nosuchhost", settings=of_host)

    assert caught.value.host == "nosuchhost"
    assert mirror.asked == []
