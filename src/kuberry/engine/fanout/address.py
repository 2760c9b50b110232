"""Where a host can be asked by other hosts: its own end of our connection."""

from __future__ import annotations

import ipaddress

from kuberry.shell import script
from kuberry.transports.transport import Transport

# sshd(8), SSH_CONNECTION: client address and port, server address and port. sudo drops it.
_ASK = 'printf %s "$SSH_CONNECTION"'


async def own_address(transport: Transport) -> str | None:
    """Return the address that the host is logged in to; ``None`` where others cannot use it.

    Raises:
        KuberryError: The host cannot be asked.
    """
    return address_of((await transport.run(script(_ASK))).text)


def address_of(connection: str) -> str | None:
    """Return the host's address in what SSH_CONNECTION says.

    ``None`` for one that means another machine elsewhere, or another link: loopback, behind a
    forwarded port, and link-local.
    """
    parts = connection.split()
    try:
        address = ipaddress.ip_address(parts[2])
    except (IndexError, ValueError):
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    if address.is_loopback or address.is_link_local or address.is_unspecified:
        return None
    return str(address)
