"""How the host is connected, who listens, and what may drop packets."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Literal

from kuberry.model.value import Value


class Interface(Value):
    """A network interface.

    Attributes:
        speed_mbps: ``None`` where the driver tells none (Wi-Fi, bridges, no carrier).
        addresses: With prefix length: ``192.168.1.20/24``.
    """

    name: str
    mac: str | None
    mtu: int
    state: str
    wireless: bool
    speed_mbps: int | None
    addresses: tuple[str, ...]


class Route(Value):
    """A route of the main table; *destination* is a network or ``default``."""

    destination: str
    gateway: str | None
    interface: str | None
    metric: int | None
    family: Literal[4, 6]


class Network(Value):
    """Interfaces and routes.

    Attributes:
        login_address: The host's end of our connection, seen from the host.
    """

    interfaces: tuple[Interface, ...]
    routes: tuple[Route, ...]
    login_address: str | None

    @property
    def default_routes(self) -> tuple[Route, ...]:
        """Return the routes to everywhere else."""
        return tuple(route for route in self.routes if route.destination == "default")

    @property
    def login_interface(self) -> Interface | None:
        """Return the interface that owns the address we are logged in to."""
        for interface in self.interfaces:
            owned = {str(ip_interface(address).ip) for address in interface.addresses}
            if self.login_address in owned:
                return interface
        return None


class ListeningPort(Value):
    """A TCP port somebody listens on; *process* is ``None`` unless root asked."""

    address: str
    port: int
    process: str | None


class Firewall(Value):
    """What may drop packets; ``None`` is unknown, above all without root.

    Attributes:
        ufw_rules: The user's rules as ufw keeps them: ``allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in``.
    """

    ufw_enabled: bool | None
    firewalld_active: bool | None
    nft_tables: tuple[str, ...] | None
    ufw_rules: tuple[str, ...] | None = None
