"""Hosts prepared for login by key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from kuberry.actions import hosts_setup
from kuberry.api.hosts import resolve
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.host import Host
from kuberry.model.setup import SetupReport, SetupWish
from kuberry.settings import Settings
from kuberry.transports.user_key import find_key


async def hosts_that_need_a_password(
    hosts: str | Sequence[str],
    *,
    user: str | None = None,
    public_key: str | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> tuple[str, ...]:
    """Return the names of those *hosts* that let none of the user's keys in.

    Args:
        hosts: One host expression, or several.
        user: Login name, instead of any other; ``None`` leaves it to the hosts.
        public_key: The file that `setup_hosts` will be given: looked at before any host is asked.
        options: How to log in; ``None`` means the defaults.
        settings: Where the inventory and the lab are; ``None`` asks the environment.
        emit: Is told of first contacts.

    Raises:
        HostExpressionError: A part of an expression is wrong.
        UsageError: The inventory, the public key or the SSH configuration cannot be used.
    """
    if public_key:
        await asyncio.to_thread(find_key, Path(public_key))
    found = await _resolve(hosts, user, settings, emit)
    refusing = await hosts_setup.refusing_keys(found, options or ConnectOptions(), emit)
    return tuple(host.name for host in refusing)


async def setup_hosts(
    hosts: str | Sequence[str],
    wish: SetupWish,
    *,
    user: str | None = None,
    options: ConnectOptions | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> SetupReport:
    """Install the user's public key on *hosts*, prove login by it, and say what sudo answers.

    Args:
        hosts: One host expression, or several.
        wish: The password, the key, and whether the hosts are to reach each other.
        user: Login name, instead of any other; ``None`` leaves it to the hosts.
        options: How to log in; ``None`` means the defaults.
        settings: Where the inventory and the lab are; ``None`` asks the environment.
        emit: Is told of first contacts, and of a key before it is made.

    Raises:
        HostExpressionError: A part of an expression is wrong.
        UsageError: The inventory, the public key or the SSH configuration cannot be used.
    """
    found = await _resolve(hosts, user, settings, emit)
    return await hosts_setup.setup_hosts(found, wish, options or ConnectOptions(), emit)


async def _resolve(
    hosts: str | Sequence[str], user: str | None, settings: Settings | None, emit: Emit
) -> list[Host]:
    found = await asyncio.to_thread(resolve, hosts, settings or Settings(), emit)
    return [host.model_copy(update={"user": user}) if user else host for host in found]
