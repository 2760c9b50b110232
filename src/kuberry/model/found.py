"""Machines found in the networks of this one."""

from __future__ import annotations

from typing import Literal

from kuberry.model.value import Value

RASPBERRY_PI_PREFIXES = (
    "28:cd:c1",
    "2c:cf:67",
    "88:a2:9e",
    "b8:27:eb",
    "d8:3a:dd",
    "dc:a6:32",
    "e4:5f:01",
)
"""Of Raspberry Pi hardware addresses.

Source: IEEE MA-L register, Raspberry Pi Foundation, Raspberry Pi Trading Ltd and Raspberry Pi
(Trading) Ltd; https://standards-oui.ieee.org/oui/oui.txt. New boards bring new ones: a Pi that is
missing here is found as a machine, and not called a Pi.
"""

Source = Literal["neighbour", "mdns", "sweep"]


def is_raspberry_pi(mac: str | None) -> bool:
    """Return whether a hardware address was given to Raspberry Pi."""
    return mac is not None and mac.lower().startswith(RASPBERRY_PI_PREFIXES)


class FoundHost(Value):
    """One machine.

    Attributes:
        name: As it announces itself by mDNS: ``red.local``; ``None`` when it does not.
        mac: Hardware address; ``None`` where it is not known.
        ssh: What its SSH server calls itself; ``None`` when it was not asked or did not answer.
        announces_ssh: Whether it announces an SSH server or itself as a workstation by mDNS.
        sources: How it was found.
    """

    address: str
    name: str | None = None
    mac: str | None = None
    raspberry_pi: bool = False
    ssh: str | None = None
    announces_ssh: bool = False
    sources: tuple[Source, ...] = ()


class FindReport(Value):
    """What was found.

    Attributes:
        version: Of this shape; it grows when a field changes its meaning or goes away.
        expression: For ``--hosts``: those that are hosts as far as can be told; may be empty.
        hosts: All machines, Raspberry Pis first.
        swept: The networks that were swept.
        notes: What could not be asked, and why.
    """

    kind: Literal["hosts-found"] = "hosts-found"
    version: Literal[1] = 1
    expression: str
    hosts: tuple[FoundHost, ...]
    swept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
