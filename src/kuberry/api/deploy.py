"""Make hosts a cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from kuberry.actions import deploy as action
from kuberry.actions.images import ask_images, with_images
from kuberry.actions.registries import ask_registries
from kuberry.actions.wish import leave_out, make_wish
from kuberry.api.bundle_choice import Choice, Site, choose_bundle
from kuberry.api.hosts import resolve
from kuberry.api.kubeconfig import access
from kuberry.api.operator import operator
from kuberry.api.places import places
from kuberry.bundles.store import Store
from kuberry.clusters import Clusters, name_of
from kuberry.journal.keep import keep_run
from kuberry.model.cluster import Cluster, Component, DistributionName, NetworkKind
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.finding import ProbeResult
from kuberry.model.heat import Hot
from kuberry.model.plan import FanOut
from kuberry.model.preparation import Preparation
from kuberry.model.report import PlanReport, RunReport
from kuberry.preflight import known_codes
from kuberry.settings import Settings
from kuberry.transports.transport import Transport

Verify = Literal["always", "changed", "never"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user said of the cluster; ``None`` leaves it to what is remembered, or to a rule.

    Attributes:
        name: Of the cluster; default the fold of its hosts.
        control_plane: Host expression: who runs the API server; several, and odd, for k3s alone.
        bundle: Name of the bundle everything is installed from; ``None`` has one from upstream.
        distribution: Which Kubernetes is to be had from upstream; default k3s.
        version: Which version of it: ``stable`` (the default), ``v1.36`` or an exact one.
        network: How pods reach each other.
        without: What k3s shall not bring; ``()`` is all of it again.
        mirrors: Addresses that k3s asks first for images, by registry (``*`` is all of them);
            ``{}`` is none again.
        embedded_registry: Hosts of k3s hand each other the images they have.
        images: Bundles of images for jobs that every host gets; ``()`` is none again.
        ignore: Codes of checks whose findings are only recorded (docs/checks.md).
        hot: What to do when a host slows itself down for heat: ``pause`` begins no new step there
            until it has cooled down.
        preparation: What may be changed on hosts beyond what is needed (docs/raspberry-pi.md).
        skip_unreachable: Go on without workers that cannot be reached; the same call heals them.
        fan_out: How artifacts get to several hosts: ``chain`` has hosts pass them on to each other,
            ``star`` sends each its own copy.
    """

    name: str | None = None
    control_plane: str | None = None
    bundle: str | None = None
    distribution: DistributionName | None = None
    version: str | None = None
    network: NetworkKind | None = None
    without: tuple[Component, ...] | None = None
    mirrors: Mapping[str, tuple[str, ...]] | None = None
    embedded_registry: bool | None = None
    images: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    hot: Hot = "warn"
    preparation: Preparation = dataclasses.field(default_factory=Preparation)
    skip_unreachable: bool = False
    fan_out: FanOut = "chain"

    @property
    def choice(self) -> Choice:
        """Return what was said of the bundle."""
        return Choice(bundle=self.bundle, distribution=self.distribution, version=self.version)


async def deploy(
    hosts: str | Sequence[str] | None = None,
    *,
    wanted: Wanted | None = None,
    verify: Verify = "changed",
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> RunReport:
    """Make *hosts* a Kubernetes cluster and prove it; what is so already is left as it is.

    Args:
        hosts: One host expression, or several; ``None`` means those of the last cluster.
        wanted: Name, control plane and bundle.
        verify: Whether the cluster is asked to prove itself; ``changed`` asks only one that was
            changed. Of an unchanged one all nodes are seen to be Ready in any case.
        options: How to log in; ``None`` means the defaults.
        settings: Where things are kept; ``None`` asks the environment.
        emit: Is told what happens.

    Returns:
        How it ended: what went wrong on hosts is in the report, not raised.

    Raises:
        UsageError: The request itself is wrong.
        BundleError: The bundle is missing or damaged, or upstream lacks something.
        TransportError: There is no bundle yet, and a host or upstream cannot be reached.
    """
    where = settings or Settings()
    work = await work_for(hosts, wanted or Wanted(), options, where, emit)
    return await carry_out(work, "deploy", verify, where)


async def carry_out(
    work: action.Work, command: str, verify: Verify, settings: Settings
) -> RunReport:
    """Do *work*, keep the run as one of *command*, and remember the cluster.

    Raises:
        PreflightFailed: The wish cannot be written down; nothing was changed.
    """
    work = dataclasses.replace(
        work,
        access=access(settings, work.emit),
        remember=Clusters(settings.clusters_dir).save,
        prove=None if verify == "never" else _prove,
        proves_unchanged=verify == "always",
    )
    async with keep_run(settings.journal_file, command, work.cluster, work.emit) as run:
        work = dataclasses.replace(work, emit=run.emit, operator=operator(command, run.id))
        return run.report(await action.deploy(work))


async def plan(
    hosts: str | Sequence[str] | None = None,
    *,
    wanted: Wanted | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> PlanReport:
    """Return what `deploy` would do with the same arguments, without doing it.

    Raises:
        UsageError: The request itself is wrong.
        BundleError: The bundle is missing or damaged, or upstream lacks something.
        TransportError: There is no bundle yet, and a host or upstream cannot be reached.
    """
    work = await work_for(hosts, wanted or Wanted(), options, settings or Settings(), emit)
    return await action.plan(work)


async def work_for(
    hosts: str | Sequence[str] | None,
    wanted: Wanted,
    options: ConnectOptions | None,
    settings: Settings,
    emit: Emit,
) -> action.Work:
    """Return what is to be done to make *hosts* the cluster that is *wanted*.

    Raises:
        UsageError: The request itself is wrong.
        BundleError: The bundle is missing or damaged, or upstream lacks something.
        TransportError: There is no bundle yet, and a host or upstream cannot be reached.
    """
    ignored, clusters = known_codes(wanted.ignore), Clusters(settings.clusters_dir)
    if hosts is None:
        hosts = clusters.load(wanted.name).hosts
    found = resolve(hosts, settings, emit)
    names = [host.name for host in found]
    known = clusters.find(wanted.name or name_of(names))
    store = Store(settings.bundles_dir)
    options = options or ConnectOptions()
    site = Site(found, known, options, skips=wanted.skip_unreachable)
    bundle = await choose_bundle(wanted.choice, site, settings, emit)
    cluster = make_wish(
        names,
        bundle,
        name=wanted.name,
        control_plane=wanted.control_plane,
        network=wanted.network,
        known=known,
    )
    cluster = leave_out(cluster, wanted.without)
    cluster = ask_registries(cluster, wanted.mirrors, embedded=wanted.embedded_registry)
    cluster = ask_images(cluster, wanted.images, known)
    return action.Work(
        cluster=cluster,
        hosts=found,
        bundle=with_images(bundle, cluster.images, store),
        fetch=store.blob,
        options=options,
        emit=emit,
        access=None,
        prove=None,
        operator=operator("deploy", "none: a dry run"),
        ignore=ignored,
        hot=wanted.hot,
        preparation=wanted.preparation,
        skip_unreachable=wanted.skip_unreachable,
        fan_out=wanted.fan_out,
        places=places(settings),
    )


async def _prove(
    cluster: Cluster, transports: Mapping[str, Transport], emit: Emit
) -> tuple[ProbeResult, ...]:
    from kuberry.actions.verify import prove  # noqa: PLC0415 -- most runs change nothing

    return await prove(cluster, transports, emit)
