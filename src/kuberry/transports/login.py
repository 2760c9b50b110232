"""Logging in to hosts: name, address, jump hosts, host key, user key, in this order."""

from __future__ import annotations

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from kuberry.errors import TransportError, Unreachable
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit, ignore
from kuberry.model.host import Host
from kuberry.transports.addresses import Resolve, dial, look_up, look_up_nearby, system_resolver
from kuberry.transports.host_keys import HostKeyCheck
from kuberry.transports.identities import offered
from kuberry.transports.jumps import Chain, JumpHosts, Waiting
from kuberry.transports.lazy_asyncssh import asyncssh
from kuberry.transports.ssh import SshTransport
from kuberry.transports.ssh_config_file import default_files
from kuberry.transports.ssh_errors import foreign_errors, login_error
from kuberry.transports.ssh_settings import SshSettings, settings_for

if TYPE_CHECKING:
    from asyncssh import SSHClient, SSHClientConnection, SSHKey

_KEEPALIVE_MISSES = 3


@dataclasses.dataclass(slots=True)
class _Login:
    """One login under way.

    Attributes:
        jumps: Hosts to pass on the way.
        target: What is connected to; its name in known_hosts, unless a ``HostKeyAlias`` is given.
        waiting: The ways to other hosts that need this login.
        doing: What it waits for, for people.
    """

    host: Host
    settings: SshSettings
    jumps: Chain
    target: str
    waiting: Waiting = ()
    doing: str = "its turn"

    @property
    def where(self) -> str:
        """Return the place that is connected to, for people."""
        return f"{self.target} port {self.settings.port}"


class Connector:
    """Log in to hosts; jump hosts are logged in to once and shared.

    Args:
        emit: Is told of new host keys and of names that were completed.
        password: Offered to hosts that accept no key, but never to jump hosts.
        resolve: From names to addresses; ``None`` asks this machine's resolver.
    """

    def __init__(
        self,
        options: ConnectOptions,
        emit: Emit = ignore,
        *,
        password: SecretStr | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        foreign_errors()  # loads asyncssh here: not against a deadline, and not in a thread
        self._options = options
        self._emit = emit
        self._password = password
        self._threads = ThreadPoolExecutor(options.concurrency, "kuberry-names")
        self._resolve = resolve or system_resolver(self._threads)
        named = options.config_files
        self._files = default_files() if named is None else tuple(Path(one) for one in named)
        self._jumps = JumpHosts(self._jump)

    async def connect(self, host: Host) -> SshTransport:
        """Log in to *host*.

        Raises:
            NameNotResolved: The name has no address.
            Unreachable: Nothing that speaks SSH answered within the connect deadline.
            HostKeyUnknown: First contact, and the policy is strict.
            HostKeyChanged: The host shows another key than the known one.
            AuthenticationFailed: The host refused every key and password.
            UsageError: The SSH configuration cannot be used.
        """
        login = await self._prepare(host, None)
        limit_s = self._options.connect_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                connection = await self._log_in(login)
        except TimeoutError:
            raise Unreachable(
                f"no answer within {limit_s:g} s, while waiting for {login.doing}",
                host=host.name,
                remedy="is the machine on, and in this network? --connect-timeout waits longer",
            ) from None
        except TransportError as error:
            if error.host == host.name:
                raise
            raise type(error)(error.message, host=host.name, remedy=error.remedy) from error
        return SshTransport(host, connection, user=login.settings.user, options=self._options)

    async def aclose(self) -> None:
        """Close the connections to jump hosts; safe to call twice."""
        await self._jumps.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _prepare(self, host: Host, jumps: Chain | None) -> _Login:
        """Read the settings of *host*; *jumps* replaces what they say about the way."""
        settings = await asyncio.to_thread(settings_for, host, self._files)
        return _Login(host, settings, jumps or settings.jumps, settings.target)

    async def _jump(self, host: Host, behind: Chain, waiting: Waiting) -> SSHClientConnection:
        login = await self._prepare(host, behind or None)
        login.waiting = waiting
        return await self._log_in(login)

    async def _log_in(self, login: _Login) -> SSHClientConnection:
        check: HostKeyCheck | None = None
        try:
            way = await self._way(login)
            check = HostKeyCheck(
                login.host.name, login.target, login.settings, self._options.host_key_policy
            )
            connection = await self._shake_hands(login, way, check)
        except foreign_errors() as error:
            if check and check.refusal:
                raise check.refusal from None
            raise login_error(
                error,
                host=login.host.name,
                where=login.where,
                user=login.settings.user,
                with_password=self._password_for(login) is not None,
            ) from error
        try:
            await check.remember_new(self._emit)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _password_for(self, login: _Login) -> SecretStr | None:
        """Return the password of the hosts; jump hosts do not get to see it."""
        return None if login.waiting else self._password

    async def _way(self, login: _Login) -> dict[str, Any]:
        """Return asyncssh's options for the way to the host: a tunnel, a program or a socket."""
        settings = login.settings
        if login.jumps:
            login.doing = f"the jump host {login.jumps[-1]}"
            return {"tunnel": await self._jumps.behind(login.jumps, login.waiting)}
        if settings.proxy_command:
            return {"proxy_command": ["/bin/sh", "-c", f"exec {settings.proxy_command}"]}
        login.doing = f"the address of {settings.target}"
        place = (settings.target, settings.port, settings.family, self._resolve)
        if settings.is_target_given:
            addresses = await look_up(*place)
        else:
            login.target, addresses = await look_up_nearby(*place, self._emit)
        login.doing = login.where
        return {"sock": await dial(addresses)}

    async def _shake_hands(
        self, login: _Login, way: dict[str, Any], check: HostKeyCheck
    ) -> SSHClientConnection:
        login.doing = f"the SSH server of {login.where}"

        def authenticating() -> None:
            login.doing = f"the login as {login.settings.user}"

        try:
            return await asyncssh.connect(
                login.target,
                login.settings.port,
                config=None,
                known_hosts=check.trusted(),
                host_key_alias=check.name,
                server_host_key_algs=check.algorithms(),
                client_factory=lambda: _client(check, authenticating),
                keepalive_interval=self._options.keepalive_interval_s,
                keepalive_count_max=_KEEPALIVE_MISSES,
                login_timeout=0,
                **offered(login.settings, self._password_for(login)),
                **way,
            )
        except BaseException:
            if "sock" in way:
                way["sock"].close()
            raise


def _client(check: HostKeyCheck, authenticating: Any) -> SSHClient:
    """Return what asyncssh asks during a login; a class made late, for asyncssh is loaded late."""

    class Client(asyncssh.SSHClient):
        def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: SSHKey) -> bool:
            return check.accepts(key)

        def begin_auth(self, _username: str) -> None:
            authenticating()

    return Client()


async def connect(
    host: Host, options: ConnectOptions, emit: Emit = ignore, password: SecretStr | None = None
) -> SshTransport:
    """Log in to one *host*; its jump hosts are left when it is closed.

    Args:
        password: Offered when the host accepts no key; never to its jump hosts.

    Raises:
        TransportError: As `Connector.connect` does.
    """
    connector = Connector(options, emit, password=password)
    try:
        transport = await connector.connect(host)
    except BaseException:
        await connector.aclose()
        raise
    transport.on_close(connector.aclose)
    return transport
