"""`kuberry check`: are hosts, and this machine, fit for a deploy?"""

from __future__ import annotations

from kuberry.cli.deploy import (
    BundleOption,
    ControlPlaneOption,
    DistributionOption,
    FirewallOption,
    IgnoreOption,
    ImagesOption,
    NameOption,
    NewIdsOption,
    OptionalHosts,
    PageSize,
    PageSizeOption,
    preparation,
)
from kuberry.cli.exits import Exit, exit_for_hosts
from kuberry.cli.login import connect_options
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    Output,
    OutputOption,
    TimeoutOption,
)
from kuberry.cli.render import console
from kuberry.cli.running import run


def check(
    hosts: OptionalHosts = None,
    name: NameOption = None,
    control_plane: ControlPlaneOption = None,
    bundle: BundleOption = None,
    distribution: DistributionOption = None,
    images: ImagesOption = None,
    ignore: IgnoreOption = None,
    page_size: PageSizeOption = PageSize.KEEP,
    new_machine_ids: NewIdsOption = False,
    open_firewall: FirewallOption = False,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Check the hosts and this machine as deploy would; exit code 3 when a deploy would refuse."""
    from kuberry.api.check import check as look
    from kuberry.api.deploy import Wanted
    from kuberry.cli.render.check import show

    wanted = Wanted(
        name=name,
        control_plane=control_plane,
        bundle=bundle,
        distribution=distribution.value if distribution else None,
        images=tuple(images) if images else None,
        ignore=tuple(ignore or ()),
        preparation=preparation(page_size, new_ids=new_machine_ids, open_firewall=open_firewall),
    )
    options = connect_options(host_key_policy, connect_timeout, ask_sudo_password=ask_sudo_password)
    report = run(look(hosts, wanted=wanted, options=options, emit=console.print_event))
    show(report, output)
    if report.errors:
        return Exit.PREFLIGHT
    return exit_for_hosts(len(report.unreachable), len(report.cluster.hosts))
