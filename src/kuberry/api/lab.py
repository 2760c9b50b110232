"""The lab: virtual hosts on this machine.

All but the reader of the lab's inventory needs Linux: it is imported when it is used, after the
check that says so.
"""

from __future__ import annotations

import asyncio

from kuberry import hostlist
from kuberry.api.hosts import expand_hosts, resolve
from kuberry.errors import LabUnavailable, UsageError
from kuberry.lab import requirements
from kuberry.lab.inventory import lab_hosts, read_state
from kuberry.model.event import Emit, ignore
from kuberry.model.host import Host
from kuberry.model.lab import LabRemoved, LabShape, LabStatus, PowerVerb
from kuberry.settings import Settings


async def lab_up(
    hosts: str,
    *,
    shape: LabShape | None = None,
    settings: Settings | None = None,
    emit: Emit = ignore,
) -> LabStatus:
    """Bring the lab hosts of expression *hosts* up; those that run already stay as they are.

    Args:
        shape: Operating system and limits of new hosts; ``None`` means Debian 12 without limits.
        settings: Where the lab and its base roots are; ``None`` asks the environment.
        emit: Is told of progress, and where a lab host hides another machine of the same name.

    Raises:
        HostExpressionError: The expression is wrong.
        UsageError: A name is none for a lab host, or the inventory is unusable.
        LabUnavailable: Lab hosts cannot run on this machine.
        KuberryError: A host did not come up.
    """
    settings = settings or Settings()
    names = expand_hosts(hosts, settings=settings)
    await requirements.check(settings.lab_dir)
    from kuberry.lab import up  # noqa: PLC0415

    await up.up(settings.lab_dir, settings.cache_dir, names, shape or LabShape(), emit)
    await asyncio.to_thread(resolve, hostlist.fold(names), settings, emit)
    return await _status(settings)


async def lab_down(*, settings: Settings | None = None, emit: Emit = ignore) -> LabRemoved:
    """Remove the lab and everything that a killed one left on this machine.

    Args:
        settings: Where the lab is; ``None`` asks the environment.
        emit: Is told what was found and what was put back.

    Raises:
        LabUnavailable: Not root, or not Linux.
    """
    settings = settings or Settings()
    await requirements.check(settings.lab_dir)
    from kuberry.lab import down  # noqa: PLC0415

    return await down.down(settings.lab_dir, emit)


async def lab_status(*, settings: Settings | None = None) -> LabStatus | None:
    """Return how the lab is now, ``None`` when there is none; some of it only root can see.

    Args:
        settings: Where the lab is; ``None`` asks the environment.

    Raises:
        PreflightFailed: The lab belongs to another user.
        LabUnavailable: This is not Linux.
    """
    settings = settings or Settings()
    return await _status(settings) if read_state(settings.lab_dir) else None


async def lab_power(
    name: str, verb: PowerVerb, *, settings: Settings | None = None, emit: Emit = ignore
) -> LabStatus:
    """Switch lab host *name* off or on, or reboot it; return when that is done.

    Args:
        settings: Where the lab is; ``None`` asks the environment.
        emit: Is told when the host had to be forced.

    Raises:
        UsageError: The lab has no such host, or it is off and shall reboot.
        LabUnavailable: Lab hosts cannot run on this machine.
        KuberryError: The host did not come up.
    """
    settings = settings or Settings()
    await requirements.check(settings.lab_dir)
    from kuberry.lab import power  # noqa: PLC0415

    await power.switch(settings.lab_dir, name, verb, emit)
    return await _status(settings)


def lab_shell(name: str, *, settings: Settings | None = None) -> tuple[str, ...]:
    """Return the words that open a shell on lab host *name* with OpenSSH.

    Args:
        settings: Where the lab is; ``None`` asks the environment.

    Raises:
        UsageError: The lab has no such host.
        PreflightFailed: The lab belongs to another user.
    """
    host = lab_hosts((settings or Settings()).lab_dir).get(name)
    if host is None:
        raise UsageError(f"the lab has no host {name!r}", remedy="kuberry lab status")
    return ("ssh", "-F", "none", *_options(host), f"{host.user}@{host.target}")


def _options(host: Host) -> tuple[str, ...]:
    """Return OpenSSH options that use what the lab knows of *host* and nothing of the user's.

    Nobody can listen here, and the key exchange that withstands quantum computers costs OpenSSH
    9.2 five times the processor time of all the rest of a login (0.134 s to 0.022 s, measured).
    """
    options = (
        "KexAlgorithms=curve25519-sha256",
        f"IdentityFile={host.identity_file}",
        "IdentitiesOnly=yes",
        "ConnectTimeout=10",
        f"HostKeyAlias={host.name}",
        f"UserKnownHostsFile={host.known_hosts_file}",
        "GlobalKnownHostsFile=none",
        "StrictHostKeyChecking=yes",
    )
    return tuple(word for option in options for word in ("-o", option))


async def _status(settings: Settings) -> LabStatus:
    try:
        from kuberry.lab import status  # noqa: PLC0415
    except ImportError as error:  # fcntl and the like: a copied state directory, no Linux
        requirements.check_system()
        raise LabUnavailable(str(error)) from error
    found = await status.status(settings.lab_dir)
    if found is None:
        raise UsageError("there is no lab", remedy='kuberry lab up --hosts "red,red[01-02]"')
    return found
