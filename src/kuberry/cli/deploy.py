"""`kuberry deploy`: the main job."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kuberry.cli.exits import exit_for_outcome
from kuberry.cli.login import connect_options
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    Output,
    OutputOption,
    TimeoutOption,
)
from kuberry.cli.running import run

if TYPE_CHECKING:
    from kuberry.model.preparation import Preparation


class PageSize(StrEnum):
    """How large the kernel's pages are to be."""

    KEEP = "keep"
    SMALL = "4k"


class Distribution(StrEnum):
    """Which Kubernetes."""

    K3S = "k3s"
    KUBEADM = "kubeadm"


class Network(StrEnum):
    """How pods reach each other."""

    HOST_GW = "host-gw"
    MANIFEST = "manifest"
    FLANNEL = "flannel"


class Component(StrEnum):
    """What k3s brings besides Kubernetes."""

    TRAEFIK = "traefik"
    SERVICELB = "servicelb"
    METRICS_SERVER = "metrics-server"
    LOCAL_STORAGE = "local-storage"


class Heat(StrEnum):
    """What to do when a host slows itself down for heat."""

    WARN = "warn"
    PAUSE = "pause"
    IGNORE = "ignore"


class FanOut(StrEnum):
    """How artifacts get to several hosts."""

    CHAIN = "chain"
    STAR = "star"


class Verify(StrEnum):
    """When the cluster is asked to prove itself."""

    ALWAYS = "always"
    CHANGED = "changed"
    NEVER = "never"


OptionalHosts = Annotated[
    str | None,
    typer.Option(
        "--hosts",
        metavar="EXPR",
        help='For example "red,red[01-02]"; default: the last cluster\'s.',
    ),
]
NameOption = Annotated[
    str | None, typer.Option("--name", "--cluster", help="Name of the cluster; default: its hosts.")
]
ControlPlaneOption = Annotated[
    str | None,
    typer.Option(
        "--control-plane",
        metavar="EXPR",
        help="Default: the only name without number; three hosts for k3s with etcd.",
    ),
]
BundleOption = Annotated[
    str | None,
    typer.Option("--bundle", metavar="NAME", help="What to install from; default: upstream's."),
]
DistributionOption = Annotated[
    Distribution | None, typer.Option("--distribution", help="Of upstream; default: k3s.")
]
VersionOption = Annotated[
    str | None,
    typer.Option("--version", help="Of upstream: stable (default), latest, v1.36, or exact."),
]
NetworkOption = Annotated[
    Network | None,
    typer.Option(
        "--network",
        help="host-gw: plain routes; manifest: the bundle's own add-on; flannel: that of k3s.",
    ),
]
WithoutOption = Annotated[
    list[Component] | None,
    typer.Option("--without", metavar="PART", help="Of k3s: traefik, servicelb, … (repeatable)."),
]
MirrorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mirror",
        metavar="REGISTRY=URL",
        help="k3s asks there first for images: docker.io=http://10.0.0.9:5000 (repeatable).",
    ),
]
EmbeddedOption = Annotated[
    bool | None,
    typer.Option(
        "--embedded-registry/--no-embedded-registry",
        help="Hosts of k3s hand each other the images they have (from 1.29.3 on).",
        show_default=False,
    ),
]
ImagesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--images",
        metavar="NAME",
        help="For jobs, as kuberry image build makes them (repeatable); none: no more.",
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore", metavar="CODE", help="Only record what this check finds (docs/checks.md)."
    ),
]
HotOption = Annotated[
    Heat, typer.Option("--hot", help="At 80 °C: say it; begin no new step there; or nothing.")
]
PageSizeOption = Annotated[
    PageSize,
    typer.Option("--page-size", help="4k: boot a Raspberry Pi 5 with pages of 4 KiB (may reboot)."),
]
NewIdsOption = Annotated[
    bool,
    typer.Option("--new-machine-ids", help="Give copied cards machine ids of their own (reboots)."),
]
FirewallOption = Annotated[
    bool, typer.Option("--open-firewall", help="Have ufw, where it is on, let the cluster through.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")]
VerifyOption = Annotated[
    Verify, typer.Option("--verify", help="When the cluster proves itself; changed: if it was.")
]
SkipOption = Annotated[
    bool,
    typer.Option("--skip-unreachable", help="Go on without workers that cannot be reached."),
]

FanOutOption = Annotated[
    FanOut,
    typer.Option("--fan-out", help="Hosts pass files on to each other; star: a copy for each."),
]


def preparation(page_size: PageSize, *, new_ids: bool, open_firewall: bool) -> Preparation:
    """Return what may be changed on hosts beyond what is needed."""
    from kuberry.model.preparation import Preparation

    return Preparation(
        page_size=page_size.value, new_machine_ids=new_ids, open_firewall=open_firewall
    )


def deploy(
    hosts: OptionalHosts = None,
    name: NameOption = None,
    control_plane: ControlPlaneOption = None,
    bundle: BundleOption = None,
    distribution: DistributionOption = None,
    version: VersionOption = None,
    network: NetworkOption = None,
    without: WithoutOption = None,
    mirror: MirrorOption = None,
    embedded_registry: EmbeddedOption = None,
    images: ImagesOption = None,
    ignore: IgnoreOption = None,
    hot: HotOption = Heat.WARN,
    page_size: PageSizeOption = PageSize.KEEP,
    new_machine_ids: NewIdsOption = False,
    open_firewall: FirewallOption = False,
    dry_run: DryRunOption = False,
    verify: VerifyOption = Verify.CHANGED,
    skip_unreachable: SkipOption = False,
    fan_out: FanOutOption = FanOut.CHAIN,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Make the hosts a Kubernetes cluster, and prove it; a second run finds nothing to do."""
    from kuberry.api import deploy as api
    from kuberry.cli.render import plan as render_plan
    from kuberry.cli.render import report as render_report
    from kuberry.cli.render.progress import live

    wanted = api.Wanted(
        name=name,
        control_plane=control_plane,
        bundle=bundle,
        distribution=distribution.value if distribution else None,
        version=version,
        network=network.value if network else None,
        without=tuple(one.value for one in without) if without else None,
        mirrors=_mirrors(mirror) if mirror else None,
        embedded_registry=embedded_registry,
        images=tuple(images) if images else None,
        ignore=tuple(ignore or ()),
        hot=hot.value,
        preparation=preparation(page_size, new_ids=new_machine_ids, open_firewall=open_firewall),
        skip_unreachable=skip_unreachable,
        fan_out=fan_out.value,
    )
    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    if dry_run:
        with live(output) as emit:
            plan = run(api.plan(hosts, wanted=wanted, options=options, emit=emit))
        render_plan.show(plan, output)
        return exit_for_outcome(plan.outcome)
    with live(output) as emit:
        report = run(
            api.deploy(hosts, wanted=wanted, verify=verify.value, options=options, emit=emit)
        )
    render_report.show(report, output)
    return exit_for_outcome(report.outcome)


def _mirrors(said: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the addresses by registry, in the order they were said."""
    mirrors: dict[str, tuple[str, ...]] = {}
    for one in said:
        registry, _, address = one.partition("=")
        mirrors[registry] = (*mirrors.get(registry, ()), address)
    return mirrors
