"""The lab: virtual hosts on this machine, what was asked for and how they are."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Literal

from pydantic import Field

from kuberry.model.host import Host
from kuberry.model.value import Value

LabOs = Literal["debian12", "debian13"]
LabDress = Literal[
    "raspberry-pi-os-12", "raspberry-pi-os-13", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04"
]
LabPower = Literal["on", "off", "failed"]
PowerVerb = Literal["poweroff", "poweron", "reboot"]

UNDER_DRESS: dict[LabDress, LabOs] = {
    "raspberry-pi-os-12": "debian12",
    "raspberry-pi-os-13": "debian13",
    "ubuntu-22.04": "debian12",
    "ubuntu-24.04": "debian12",
    "ubuntu-26.04": "debian13",
}
"""What a dressed lab host really runs."""

USER = "kuberry"
"""The unprivileged user of every lab host; it may sudo without a password."""


class LabShape(Value):
    """What a lab host is like.

    Attributes:
        os: The operating system of the host.
        cpus: Processors' worth of time the host may use; ``None`` sets no limit.
        memory_bytes: Memory the host may use; ``None`` sets no limit.
        dress: The system that the host passes itself off as, on a Raspberry Pi with the lab's
            firmware; ``None`` leaves it the virtual host that it is.
    """

    os: LabOs = "debian12"
    cpus: float | None = Field(default=None, ge=0.01)
    memory_bytes: int | None = Field(default=None, ge=64 * 1024 * 1024)
    dress: LabDress | None = None


class LabHost(Value):
    """One host of a lab, as it was asked for.

    Attributes:
        number: Last part of the address; unique within the lab.
    """

    name: str
    number: int = Field(ge=2, le=250)
    address: IPv4Address
    shape: LabShape


class LabState(Value):
    """A lab as its directory remembers it.

    Attributes:
        lab_id: Six hexadecimal digits that are part of every name the lab gives on this machine.
        lab_dir: Directory of keys and of the hosts' disks.
        subnet: Network of the lab.
        hosts: In the order they were added.
    """

    lab_id: str
    lab_dir: Path
    subnet: IPv4Network
    hosts: tuple[LabHost, ...] = ()

    @property
    def controller(self) -> IPv4Address:
        """Return the address of this machine in the lab's network."""
        return self.subnet[1]

    @property
    def unused_address(self) -> IPv4Address:
        """Return an address of the lab's network that no host ever has."""
        return self.subnet[254]

    @property
    def identity_file(self) -> Path:
        """Return the private key that every host of the lab lets in."""
        return self.lab_dir / "id_ed25519"

    @property
    def known_hosts_file(self) -> Path:
        """Return the file of the hosts' keys, known before their first boot."""
        return self.lab_dir / "known_hosts"

    def find(self, name: str) -> LabHost | None:
        """Return the host called *name*, if there is one."""
        return next((host for host in self.hosts if host.name == name), None)

    def login(self, name: str) -> Host:
        """Return how to log in to the host called *name*.

        Raises:
            KeyError: The lab has no such host.
        """
        host = self.find(name)
        if host is None:
            raise KeyError(name)
        return Host(
            name=host.name,
            user=USER,
            port=22,
            address=str(host.address),
            identity_file=self.identity_file,
            known_hosts_file=self.known_hosts_file,
            source="lab",
        )


class LabHostStatus(Value):
    """One host of a lab, as it is now.

    Attributes:
        power: ``on`` while it runs; ``failed`` when it ended otherwise than by power-off.
        boot_id: Changes with every boot; ``None`` when the host is off or the caller is not root.
    """

    host: LabHost
    power: LabPower
    boot_id: str | None = None


class LabStatus(Value):
    """A lab as it is now.

    Attributes:
        dropped_beyond: Packets of the hosts to anywhere beyond the lab, all dropped; ``None`` when
            the caller may not read the counter.
        dropped_controller: Packets of the hosts to this machine that were no replies; all dropped.
    """

    lab: LabState
    hosts: tuple[LabHostStatus, ...]
    dropped_beyond: int | None = None
    dropped_controller: int | None = None


class LabRemoved(Value):
    """What `lab down` removed from this machine.

    Attributes:
        hosts: Names of the lab's hosts, in the order they were added; empty where there was no
            lab, or where its file could not be read.
        lost_labs: Ids of labs whose directory was gone, and which were removed too.
        settings_put_back: Kernel settings that hosts had changed, with both values.
        settings_stuck: Kernel settings that could not be put back, with both values.
    """

    hosts: tuple[str, ...] = ()
    lost_labs: tuple[str, ...] = ()
    settings_put_back: tuple[str, ...] = ()
    settings_stuck: tuple[str, ...] = ()
