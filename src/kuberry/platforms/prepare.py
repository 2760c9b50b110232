"""All that prepares the hosts: one plan, and per host one boot at most; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kuberry.model.plan import HostPlan, Plan, Reboot, RecordState, Step, WriteFiles
from kuberry.model.preparation import Preparation, Prepared
from kuberry.platforms import clock, firewall, kernel, memory, names, page_size, wireless
from kuberry.platforms.measure import Measure, SeenHost

REBOOT_S = 600.0
"""Seconds for a boot: two in a row where new boot files are on trial, and a check of the disk."""


def prepare(hosts: Mapping[str, SeenHost], wish: Preparation) -> Prepared:
    """Return what is still to do to make *hosts* fit for any Kubernetes."""
    clones = names.clones(hosts) if wish.new_machine_ids else frozenset()
    found = {name: tuple(_measures(hosts, name, wish, clones)) for name in hosts}
    plans = tuple(
        HostPlan(host=name, steps=tuple(_steps(host, [one for _, one in found[name]])))
        for name, host in hosts.items()
    )
    return Prepared(
        plan=Plan(title="prepare", hosts=plans),
        cures=tuple((name, code) for name in hosts for _, one in found[name] for code in one.cures),
        obstacles=tuple(
            (name, code, one.obstacle)
            for name in hosts
            for code, one in found[name]
            if one.obstacle
        ),
    )


def _measures(
    hosts: Mapping[str, SeenHost], name: str, wish: Preparation, clones: frozenset[str]
) -> Iterator[tuple[str, Measure]]:
    """Yield what each subject comes to, with the code of the finding it belongs to."""
    host = hosts[name]
    if name in clones:
        yield names.CLONED, names.new_machine_id()
    yield memory.CODE, memory.memory(host)
    if wish.page_size == "4k":
        yield page_size.CODE, page_size.small_pages(host)
    yield "", names.kept_names(host)
    yield "", wireless.awake(host)
    yield "", clock.right_time(host)
    yield "", kernel.watches(host)
    if wish.needs_vxlan:
        yield kernel.NO_VXLAN, kernel.vxlan(host)
    if wish.open_firewall:
        yield firewall.CODE, firewall.opened(host, _sources(hosts, name, wish))


def _sources(hosts: Mapping[str, SeenHost], name: str, wish: Preparation) -> tuple[str, ...]:
    others = (one.facts.network for other, one in hosts.items() if other != name)
    addresses = (one.login_address for one in others if one and one.login_address)
    return firewall.needed_sources(addresses, (wish.pod_cidr, wish.service_cidr))


def _steps(host: SeenHost, measures: list[Measure]) -> Iterator[Step]:
    """Yield the steps of one host in their order, with one boot for all that need one."""
    first = [step for one in measures for step in one.first]
    files = tuple(file for one in measures for file in one.files)
    now = [step for one in measures for step in one.now]
    reasons = [one.reboot for one in measures if one.reboot]
    yield from first
    if (files or now) and not host.installed.is_recorded and not host.installed.files:
        yield RecordState(id="before", title="note how the host is before the first change")
    if files:
        yield WriteFiles(id="prepare-files", title=f"write {len(files)} files", files=files)
    yield from now
    if reasons:
        title = f"boot anew {' and '.join(reasons)}"
        yield Reboot(id="prepare-boot", title=title, deadline_s=REBOOT_S)
    yield from (step for one in measures for step in one.proofs)
