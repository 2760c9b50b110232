"""What a cluster is installed from: what was named, what it has, the lab's, or upstream's."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kuberry.actions.architectures import architectures_of
from kuberry.bundles.store import Store
from kuberry.errors import UsageError
from kuberry.model.bundle import Bundle
from kuberry.model.cluster import Cluster, DistributionName
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice
from kuberry.model.host import Host
from kuberry.settings import Settings

LAB_BUNDLE = "lab"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user said of it; ``None`` where nothing was said.

    Attributes:
        bundle: The name of one that is there.
        distribution: Which Kubernetes is to be had from upstream; default k3s.
        version: Which version of it: a channel, a minor or an exact one; default ``stable``.
    """

    bundle: str | None = None
    distribution: DistributionName | None = None
    version: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Where it is to be installed.

    Attributes:
        hosts: All of the cluster.
        known: The cluster as it was deployed before, if it was.
        options: How to log in, where hosts must be asked what they are.
        skips: Hosts that cannot be reached stop nobody.
    """

    hosts: Sequence[Host]
    known: Cluster | None
    options: ConnectOptions
    skips: bool = False

    @property
    def is_lab(self) -> bool:
        """Return whether all are lab hosts."""
        return all(host.source == "lab" for host in self.hosts)


async def choose_bundle(choice: Choice, site: Site, settings: Settings, emit: Emit) -> Bundle:
    """Return the bundle, downloaded or built where it is missing.

    A cluster keeps what it has: a channel is asked for once, when it is deployed first.
    Hosts are logged in to before upstream is asked: a wrong name is said as such.

    Raises:
        UsageError: What was said contradicts itself, or what the cluster has.
        BundleError: There is no such bundle, or upstream lacks something.
        TransportError: A host cannot be asked what it is, or upstream not be reached.
    """
    _refuse_both(choice)
    store = Store(settings.bundles_dir)
    if site.known:
        _refuse_another(choice, site.known)
    name = choice.bundle or (site.known.bundle if site.known else None)
    if name is None and site.is_lab and choice == Choice():
        name = LAB_BUNDLE
    is_there = site.known is not None and name in store.names()
    if name == LAB_BUNDLE and site.is_lab and not is_there:
        from kuberry.api.bundle import lab_bundle  # noqa: PLC0415 -- it knows how Go is built

        return await lab_bundle(settings=settings, emit=emit)
    if name is not None and not (_is_upstreams(name, site.known) and _must_look(name, site, store)):
        bundle = store.load(name)
        _warn_of_age(bundle, site, emit)
        return bundle
    return await _from_upstream(choice, site, settings, emit)


async def _from_upstream(choice: Choice, site: Site, settings: Settings, emit: Emit) -> Bundle:
    from kuberry.api.bundle import upstream_bundle  # noqa: PLC0415 -- it brings an HTTP client

    architectures = await architectures_of(site.hosts, site.options, emit, skips=site.skips)
    distribution: str = choice.distribution or "k3s"
    version = choice.version or "stable"
    if site.known:
        distribution, version = site.known.distribution, site.known.version
    return await upstream_bundle(distribution, version, architectures, settings=settings, emit=emit)


def _is_upstreams(name: str, known: Cluster | None) -> bool:
    """Return whether *name* is what upstream's release of a cluster's version is called here."""
    if known is None or name == LAB_BUNDLE:
        return False
    from kuberry.actions.bundle_create import bundle_name  # noqa: PLC0415 -- it is large

    return name == bundle_name(known.distribution, known.version)


def _must_look(name: str, site: Site, store: Store) -> bool:
    """Return whether the bundle is gone, or may lack something for hosts that are new."""
    old = site.known.hosts if site.known else ()
    return name not in store.names() or any(host.name not in old for host in site.hosts)


def _refuse_both(choice: Choice) -> None:
    if choice.bundle and (choice.distribution or choice.version):
        raise UsageError(
            f"the bundle {choice.bundle} says itself which Kubernetes it holds",
            remedy="say --bundle, or --distribution and --version",
        )


def _refuse_another(choice: Choice, known: Cluster) -> None:
    """Refuse another distribution or version; a channel means what the cluster has already."""
    word = choice.version or ""
    is_same = known.version == word or known.version.startswith((f"{word}.", f"{word}+"))
    is_other = choice.distribution not in (None, known.distribution)
    if is_other or (word.startswith("v") and not is_same):
        raise UsageError(
            f"{known.name} has {known.distribution} {known.version}, and keeps it",
            remedy="leave --distribution and --version out, or reset it first",
        )


def _warn_of_age(bundle: Bundle, site: Site, emit: Emit) -> None:
    if bundle.name == LAB_BUNDLE and not site.is_lab:
        words = f"the lab's Kubernetes {bundle.version} is of January 2021 and gets no fixes"
        emit(Notice(message=f"{words} any more: use it to try things, for nothing that matters"))
