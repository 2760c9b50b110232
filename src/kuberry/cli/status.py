"""`kuberry status`: the hosts as they are now."""

from __future__ import annotations

from kuberry.cli.options import HostsOption


def status(hosts: HostsOption) -> None:
    """Show the hosts as they are now."""
