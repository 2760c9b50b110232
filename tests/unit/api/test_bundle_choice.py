"""What a cluster is installed from, by what was said and what is remembered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

import made_up as make
from kuberry.api import bundle, bundle_choice
from kuberry.api.bundle_choice import Choice, Site, choose_bundle
from kuberry.bundles.store import Store
from kuberry.errors import BundleError, UsageError
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent, Notice
from kuberry.model.host import Host
from kuberry.settings import Settings

K3S = "v1.36.3+k3s1"
Source = Literal["expression", "lab"]


@dataclasses.dataclass
class Asked:
    """What upstream and the hosts were asked for; stand-ins that answer at once."""

    orders: list[tuple[str, str, tuple[str, ...]]] = dataclasses.field(default_factory=list)

    async def architectures(self, *_: Any, **__: Any) -> tuple[str, ...]:
        """Stand in for logging in to hosts."""
        return ("amd64", "arm64")

    async def upstream(
        self, distribution: str, version: str, architectures: Sequence[str], **_: Any
    ) -> Bundle:
        """Stand in for downloads."""
        self.orders.append((distribution, version, tuple(architectures)))
        return _bundle("from-upstream")

    async def lab(self, **_: Any) -> Bundle:
        """Stand in for a build."""
        return _bundle("lab")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Give what was asked; nothing leaves this process."""
    one = Asked()
    monkeypatch.setattr(bundle_choice, "architectures_of", one.architectures)
    monkeypatch.setattr(bundle, "upstream_bundle", one.upstream)
    monkeypatch.setattr(bundle, "lab_bundle", one.lab)
    return one


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings with a cache that has two bundles."""
    settings = Settings(cache_dir=tmp_path)
    store = Store(settings.bundles_dir)
    with store.writing() as writer:
        for name in ("mine", "lab"):
            writer.publish(_bundle(name))
    return settings


def _bundle(name: str) -> Bundle:
    return make.bundle().model_copy(update={"name": name, "artifacts": ()})


def _site(known: Cluster | None = None, *, source: Source = "expression") -> Site:
    return Site((Host(name="red", source=source),), known, ConnectOptions())


def _known(bundle: str = "mine", version: str = K3S) -> Cluster:
    changes = {"bundle": bundle, "distribution": "k3s", "version": version}
    return make.cluster("red").model_copy(update=changes)


async def _choose(choice: Choice, site: Site, settings: Settings) -> str:
    return (await choose_bundle(choice, site, settings, lambda _: None)).name


@pytest.mark.parametrize(
    ("choice", "order"),
    [
        (Choice(), ("k3s", "stable", ("amd64", "arm64"))),
        (Choice(version="v1.35"), ("k3s", "v1.35", ("amd64", "arm64"))),
        (Choice(distribution="kubeadm"), ("kubeadm", "stable", ("amd64", "arm64"))),
    ],
)
async def test_without_a_bundle_upstream_has_it(
    asked: Asked, settings: Settings, choice: Choice, order: tuple[str, str, tuple[str, ...]]
) -> None:
    """k3s, stable, for every architecture that the hosts have: what is said otherwise counts."""
    assert await _choose(choice, _site(), settings) == "from-upstream"
    assert asked.orders == [order]


@pytest.mark.parametrize(
    ("choice", "known", "source", "name"),
    [
        (Choice(bundle="mine"), None, "expression", "mine"),
        (Choice(), _known(), "expression", "mine"),
        (Choice(version="stable"), _known(), "expression", "mine"),
        (Choice(version="v1.36", distribution="k3s"), _known(), "expression", "mine"),
        (Choice(version=K3S), _known(), "expression", "mine"),
        (Choice(), None, "lab", "lab"),
        (Choice(bundle="lab"), None, "expression", "lab"),
    ],
)
async def test_what_is_there_is_taken(
    asked: Asked,
    settings: Settings,
    choice: Choice,
    known: Cluster | None,
    source: Source,
    name: str,
) -> None:
    """A named one, the one the cluster has whatever the channel says now, the lab's for labs."""
    assert await _choose(choice, _site(known, source=source), settings) == name
    assert asked.orders == []


async def test_lab_hosts_get_upstreams_when_it_is_asked_for(
    asked: Asked, settings: Settings
) -> None:
    """The lab's own is for those who say nothing."""
    choice = Choice(distribution="k3s")

    assert await _choose(choice, _site(source="lab"), settings) == "from-upstream"
    assert asked.orders[0][0] == "k3s"


async def test_one_host_of_another_kind_makes_it_no_lab(asked: Asked, settings: Settings) -> None:
    """The lab's old Kubernetes is nobody's default but that of lab hosts alone."""
    mixed = dataclasses.replace(_site(), hosts=(Host(name="red", source="lab"), Host(name="pi")))

    assert await _choose(Choice(), mixed, settings) == "from-upstream"


async def test_a_clusters_bundle_that_is_gone_comes_again(asked: Asked, settings: Settings) -> None:
    """On another controller: exactly the version that the cluster has, whatever is stable now."""
    known = _known("k3s-v1.36.3-k3s1")

    assert await _choose(Choice(version="stable"), _site(known), settings) == "from-upstream"
    assert asked.orders == [("k3s", K3S, ("amd64", "arm64"))]


async def test_a_new_host_may_be_of_another_kind(asked: Asked, settings: Settings) -> None:
    """The cluster's own version is made whole for it; without a new host nobody is asked."""
    known = _known("k3s-v1.36.3-k3s1")
    bundle = _bundle("k3s-v1.36.3-k3s1")
    with Store(settings.bundles_dir).writing() as writer:
        writer.publish(bundle)
    grown = dataclasses.replace(_site(known), hosts=(Host(name="red"), Host(name="red01")))

    assert await _choose(Choice(), _site(known), settings) == bundle.name
    assert asked.orders == []
    assert await _choose(Choice(), grown, settings) == "from-upstream"
    assert asked.orders == [("k3s", K3S, ("amd64", "arm64"))]


async def test_a_bundle_of_ones_own_that_is_gone_is_missed(
    asked: Asked, settings: Settings
) -> None:
    """Nothing else is put in its place."""
    with pytest.raises(BundleError, match="no bundle is called 'hers'"):
        await _choose(Choice(), _site(_known("hers")), settings)

    assert asked.orders == []


@pytest.mark.parametrize(
    ("choice", "known", "why"),
    [
        (Choice(bundle="mine", version="stable"), None, "says itself which Kubernetes"),
        (Choice(bundle="mine", distribution="k3s"), None, "says itself which Kubernetes"),
        (Choice(distribution="kubeadm"), _known(), "and keeps it"),
        (Choice(version="v1.37"), _known(), "and keeps it"),
        (Choice(version="v1.3"), _known(), "and keeps it"),
        (Choice(version="v1.36.3+k3s2"), _known(), "and keeps it"),
    ],
)
async def test_contradictions_are_refused(
    asked: Asked, settings: Settings, choice: Choice, known: Cluster | None, why: str
) -> None:
    """Nobody's words are passed over: the way out is named."""
    with pytest.raises(UsageError, match=why) as caught:
        await _choose(choice, _site(known), settings)

    assert caught.value.remedy


async def test_the_age_of_the_labs_kubernetes_is_said(asked: Asked, settings: Settings) -> None:
    """On hosts that are not the lab's, it is fit for trying things."""
    events: list[AnyEvent] = []
    await choose_bundle(Choice(bundle="lab"), _site(), settings, events.append)

    assert [one for one in events if isinstance(one, Notice) and "January 2021" in one.message]
