"""A host as a planner sees it: its facts, and what it holds of ours."""

from __future__ import annotations

import dataclasses
from ipaddress import IPv4Interface, ip_interface

from kuberry.model.bundle import Target
from kuberry.model.facts import HostFacts
from kuberry.model.installed import Installed


class NotSeen(Exception):
    """A fact that a plan rests on could not be read; the message names it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """One host.

    Attributes:
        name: What the user calls it.
    """

    name: str
    facts: HostFacts
    installed: Installed

    @property
    def node(self) -> str:
        """Return the name of its node: the host's own name, in small letters (RFC 1123)."""
        if self.facts.identity is None:
            raise NotSeen(f"the host name of {self.name} is not known")
        return self.facts.identity.hostname.lower()

    @property
    def interface(self) -> IPv4Interface:
        """Return the address, with its network, that we and its peers reach it by."""
        network = self.facts.network
        found = network.login_interface if network else None
        if network is None or found is None:
            raise NotSeen(f"no interface of {self.name} owns the address we are logged in to")
        for text in found.addresses:
            interface = ip_interface(text)
            if str(interface.ip) == network.login_address and isinstance(interface, IPv4Interface):
                return interface
        raise NotSeen(f"{self.name} is reached by IPv6 alone, which host-gw cannot route yet")

    @property
    def address(self) -> str:
        """Return the IPv4 address that we and its peers reach it by."""
        return str(self.interface.ip)

    @property
    def target(self) -> Target:
        """Return what pieces of a bundle are for this host."""
        os, architecture = self.facts.os, self.facts.architecture
        if os is None or architecture is None or architecture.userland is None:
            raise NotSeen(f"operating system or architecture of {self.name} are not known")
        return Target(architecture=architecture.userland, id=os.id, version_id=os.version_id)

    @property
    def is_container(self) -> bool:
        """Return whether it shares its kernel with others, as lab hosts do."""
        return self.facts.virtualization in {"systemd-nspawn", "lxc", "docker", "podman"}

    @property
    def cgroup_driver(self) -> str:
        """Return who manages control groups for the kubelet: systemd wherever cgroup v2 is."""
        cgroups = self.facts.cgroups
        return "systemd" if cgroups is not None and cgroups.version == "v2" else "cgroupfs"
