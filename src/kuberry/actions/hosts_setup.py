"""Prepare hosts that only have a password: key, proof of key login, proof of sudo, mesh."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from kuberry.actions.authorize import authorize
from kuberry.actions.mesh import weave
from kuberry.errors import AuthenticationFailed, CommandFailed, SudoFailed, TransportError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, Notice
from kuberry.model.host import Host
from kuberry.model.setup import HostSetup, SetupReport, SetupWish, problem_of
from kuberry.transports.login import connect
from kuberry.transports.pool import connect_all
from kuberry.transports.ssh import SshTransport
from kuberry.transports.user_key import UserKey, find_key, make_key, new_key_file


async def refusing_keys(
    hosts: Sequence[Host], options: ConnectOptions, emit: Emit
) -> tuple[Host, ...]:
    """Return the *hosts* that let none of the user's keys in, and so need a password.

    Raises:
        UsageError: The SSH configuration cannot be used.
    """
    async with connect_all(hosts, options, emit) as connections:
        refusals = connections.failures
    return tuple(host for host, error in refusals if isinstance(error, AuthenticationFailed))


async def setup_hosts(
    hosts: Sequence[Host], wish: SetupWish, options: ConnectOptions, emit: Emit
) -> SetupReport:
    """Prepare *hosts* for login by key, prove that, and say what sudo answers.

    Run again, it changes nothing and proves all again.

    Args:
        wish: The password, the key to authorise, and whether the hosts are to reach each other.
        options: How to log in; without a sudo password the login password is tried with sudo.
        emit: Is told of first contacts, and of a key before it is made.

    Raises:
        UsageError: The public key or the SSH configuration cannot be used.
    """
    key = await _key(wish, emit)
    if options.sudo_password is None:
        options = options.model_copy(update={"sudo_password": wish.password})
    rows = await _prepare_all(hosts, key, wish, options, emit)
    if wish.is_mesh:
        ready = [_only(host, key) for host, row in zip(hosts, rows, strict=True) if row.key_login]
        woven = await weave(ready, options, emit)
        rows = [woven[row.host].after(row) if row.host in woven else row for row in rows]
    return SetupReport(
        public_key_file=str(key.public_file),
        fingerprint=key.fingerprint,
        is_key_new=key.is_new,
        hosts=tuple(rows),
    )


async def _key(wish: SetupWish, emit: Emit) -> UserKey:
    """Return the key to install; a new one is announced before it is made."""
    chosen = Path(wish.public_key) if wish.public_key else None
    found = await asyncio.to_thread(find_key, chosen)
    if found is not None:
        return found
    emit(Notice(message=f"you have no SSH key: {new_key_file()} is made, without a passphrase"))
    return await asyncio.to_thread(make_key)


async def _prepare_all(
    hosts: Sequence[Host], key: UserKey, wish: SetupWish, options: ConnectOptions, emit: Emit
) -> list[HostSetup]:
    turns = asyncio.Semaphore(options.concurrency)

    async def prepare(host: Host) -> HostSetup:
        async with turns:
            return await _prepare(host, key, wish, options, emit)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(prepare(host)) for host in hosts]
    return [task.result() for task in tasks]


async def _prepare(
    host: Host, key: UserKey, wish: SetupWish, options: ConnectOptions, emit: Emit
) -> HostSetup:
    """Authorise *key*, then log in afresh with nothing but it, and ask sudo.

    With a password only the one key is offered before it: a host counts every refused key, and may
    close the connection before it comes to the password.
    """
    row = HostSetup(host=host.name)
    first = _only(host, key) if wish.password else host
    try:
        async with aclosing(await connect(first, options, emit, wish.password)) as transport:
            added = await authorize(transport, [key.line])
        row = row.model_copy(update={"changes": ("your key was authorised",) if added else ()})
        async with aclosing(await connect(_only(host, key), options, emit)) as transport:
            return await _ask_sudo(transport, row.model_copy(update={"key_login": True}))
    except (TransportError, CommandFailed) as error:
        return row.model_copy(update={"problem": problem_of(error)})


def _only(host: Host, key: UserKey) -> Host:
    return host.model_copy(update={"identity_file": key.identity_file})


async def _ask_sudo(transport: SshTransport, row: HostSetup) -> HostSetup:
    try:
        mode = await transport.sudo_mode()
    except SudoFailed as error:
        return row.model_copy(update={"sudo": "none", "sudo_problem": problem_of(error)})
    return row.model_copy(update={"sudo": "password" if mode == "password" else "nopasswd"})
