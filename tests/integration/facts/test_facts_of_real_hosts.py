"""What is said of a real host is true, costs two commands, and survives what a host may do."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest

from kuberry.api.lab import lab_power
from kuberry.facts.gather import gather
from kuberry.model.connection import ConnectOptions
from kuberry.model.facts import HostFacts
from kuberry.model.host import Host
from kuberry.model.lab import USER, LabState
from kuberry.settings import Settings
from kuberry.shell import Command
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import CommandResult, Transport

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

MIB = 2**20


@dataclasses.dataclass
class Counted:
    """Passes everything on and counts the commands."""

    inner: Transport
    commands: int = 0

    @property
    def host(self) -> Host:
        """Return the host at the other end."""
        return self.inner.host

    async def run(self, command: Command, **others: object) -> CommandResult:
        """Count and pass on."""
        self.commands += 1
        return await self.inner.run(command, **others)  # type: ignore[arg-type]


def look(host: Host) -> tuple[HostFacts, int]:
    """Return the facts of *host* and how many commands they took."""

    async def looking() -> tuple[HostFacts, int]:
        async with connect_all([host], ConnectOptions()) as connections:
            (transport,) = connections.transports
            counted = Counted(transport)
            facts = await gather(counted)  # type: ignore[arg-type]
            return facts, counted.commands

    return asyncio.run(looking())


def test_two_commands_tell_everything(lab: LabState) -> None:
    """No fact of a healthy host stays unknown."""
    facts, commands = look(lab.login("red01"))

    assert commands <= 2
    assert facts.unknown == ()


def test_who_the_host_is(lab: LabState, run_on: RunOn) -> None:
    """Name, ids, user and system as OpenSSH and cat say."""
    host = lab.login("red01")
    facts, _ = look(host)
    told = run_on(host, "uname -n; cat /etc/machine-id /proc/sys/kernel/random/boot_id; uname -m")

    assert facts.identity
    assert facts.architecture
    assert told.stdout.split() == [
        facts.identity.hostname,
        facts.identity.machine_id,
        facts.identity.boot_id,
        facts.architecture.machine,
    ]
    assert facts.os
    assert (facts.os.id, facts.os.version_id) == ("debian", "12")
    assert (facts.virtualization, facts.privileges.user) == ("systemd-nspawn", USER)


def test_no_two_hosts_are_taken_for_one(lab: LabState) -> None:
    """Ids, names and hardware addresses differ."""
    seen = [look(lab.login(name))[0] for name in ("red", "red01")]
    marks = [
        (one.identity.machine_id, one.identity.boot_id, one.network.login_interface.mac)
        for one in seen
        if one.identity and one.network and one.network.login_interface
    ]

    assert len(marks) == 2
    assert not set(marks[0]) & set(marks[1])


def test_how_the_host_is_connected(lab: LabState) -> None:
    """The interface we came in by, its address in the lab's network, and who listens there."""
    facts, _ = look(lab.login("red02"))
    here = lab.find("red02")

    assert facts.network
    assert here
    assert facts.network.login_interface
    assert facts.network.login_interface.name == "eth0"
    assert f"{here.address}/{lab.subnet.prefixlen}" in facts.network.login_interface.addresses
    assert [route.gateway for route in facts.network.default_routes] == [str(lab.controller)]
    assert ("sshd", 22) in {(one.process, one.port) for one in facts.ports or ()}


def test_the_clock_of_a_host_on_this_machine_is_ours(lab: LabState) -> None:
    """The true offset, zero, lies within the bound."""
    facts, _ = look(lab.login("red"))

    assert facts.clock
    assert abs(facts.clock.offset_s) <= facts.clock.uncertainty_s


def test_quotas_and_the_operating_system_are_seen(fresh_host: FreshHost) -> None:
    """A host of Debian 13 with 300 MiB and three quarters of a processor."""
    facts, _ = look(fresh_host(os="debian13", memory_bytes=300 * MIB, cpus=0.75))

    assert facts.memory
    assert facts.processor
    assert facts.os
    assert (facts.memory.usable_bytes, facts.processor.quota) == (300 * MIB, 0.75)
    assert (facts.os.id, facts.os.version_id, facts.os.raspberry_pi_os) == ("debian", "13", False)


def test_a_reboot_changes_the_boot_id_alone(fresh_host: FreshHost, lab_settings: Settings) -> None:
    """That is how a reboot is proven."""
    host = fresh_host()
    before, _ = look(host)
    asyncio.run(lab_power(host.name, "reboot", settings=lab_settings))
    after, _ = look(host)

    assert before.identity
    assert after.identity
    assert before.identity.boot_id != after.identity.boot_id
    assert before.identity.machine_id == after.identity.machine_id


def test_without_sudo_roots_facts_are_unknown_and_the_others_are_not(
    fresh_host: FreshHost, run_on: RunOn
) -> None:
    """Packet filters and the owners of ports are root's to see."""
    host = fresh_host()
    run_on(host, "sudo rm /etc/sudoers.d/kuberry")
    facts, _ = look(host)

    assert facts.privileges.root is False
    assert "password" in (facts.privileges.reason or "")
    assert facts.firewall
    assert facts.firewall.nft_tables is None
    assert {(one.process, one.port) for one in facts.ports or ()} == {(None, 22)}
    assert facts.memory


def test_packet_filters_and_traces_of_a_kubernetes_are_seen(
    fresh_host: FreshHost, run_on: RunOn
) -> None:
    """A table, a unit, a directory and a CNI configuration that only root may list."""
    host = fresh_host()
    done = run_on(
        host,
        "sudo sh -ec 'nft add table inet mine"
        "; mkdir -p /etc/cni/net.d /var/lib/rancher/k3s && touch /etc/cni/net.d/10-x.conflist"
        "; chmod 700 /etc/cni/net.d"
        '; printf "[Service]\\nExecStart=sleep infinity\\n" >/etc/systemd/system/k3s.service'
        "; systemctl daemon-reload && systemctl start k3s'",
    )
    facts, _ = look(host)

    assert done.returncode == 0, done.stderr
    assert facts.firewall
    assert facts.firewall.nft_tables == ("inet mine",)
    assert facts.kubernetes
    assert facts.kubernetes.distributions == ("k3s",)
    assert facts.kubernetes.cni_configurations == ("10-x.conflist",)
    assert [(unit.name, unit.active) for unit in facts.kubernetes.units] == [
        ("k3s.service", "active")
    ]


def test_a_greeting_at_login_and_a_nasty_file_do_no_harm(
    fresh_host: FreshHost, run_on: RunOn
) -> None:
    """Binary rubbish, half a megabyte of it, costs the one fact it stands for."""
    host = fresh_host()
    run_on(host, "echo 'echo Hello; echo there >&2' | tee .bashrc | sudo tee /root/.bashrc")
    run_on(host, "head -c 600000 /dev/urandom | sudo tee /etc/os-release >/dev/null")
    facts, _ = look(host)

    assert [one.subject for one in facts.unknown] == ["os"]
    assert facts.identity
    assert facts.identity.hostname == host.name


def test_a_program_that_hangs_costs_its_own_fact(fresh_host: FreshHost, run_on: RunOn) -> None:
    """Its section is cut off in time."""
    host = fresh_host()
    run_on(host, "printf '#!/bin/sh\\nexec sleep 600\\n' | sudo tee /usr/bin/timedatectl")
    facts, _ = look(host)

    assert [(one.subject, one.reason) for one in facts.unknown] == [
        ("time-sync", "its answer did not come in time")
    ]
    assert facts.clock
    assert facts.clock.synchronised is None
