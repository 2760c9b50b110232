"""The lab: virtual hosts on this machine."""

from __future__ import annotations

from kuberry.errors import UsageError
from kuberry.hostlist import expand
from kuberry.lab.inventory import lab_hosts, read_state
from kuberry.model.event import Emit, ignore
from kuberry.model.host import Host
from kuberry.model.lab import LabShape, LabStatus, PowerVerb
from kuberry.settings import Settings

# The rest of the lab needs Linux: it is imported when it is used, after the check that says so.


async def lab_up(
    settings: Settings, hosts: str, *, shape: LabShape | None = None, emit: Emit = ignore
) -> LabStatus:
    """Bring the lab hosts of expression *hosts* up; those that run already stay as they are.

    Args:
        shape: Operating system and limits of new hosts; ``None`` means Debian 12 without limits.

    Raises:
        HostExpressionError: The expression is wrong.
        UsageError: A name is none for a lab host.
        LabUnavailable: Lab hosts cannot run on this machine.
        KuberryError: A host did not come up.
    """
    names = expand(hosts)
    await _require(settings)
    from kuberry.lab import up  # noqa: PLC0415

    await up.up(settings.lab_dir, settings.cache_dir, names, shape or LabShape(), emit)
    return await _status(settings)


async def lab_down(settings: Settings, *, emit: Emit = ignore) -> None:
    """Remove the lab and everything that a killed one left on this machine.

    Raises:
        LabUnavailable: Lab hosts cannot run on this machine, so there is nothing to remove.
    """
    await _require(settings)
    from kuberry.lab import down  # noqa: PLC0415

    await down.down(settings.lab_dir, emit)


async def lab_status(settings: Settings) -> LabStatus:
    """Return how the lab is now; needs no root, but some of it can be seen by root alone.

    Raises:
        UsageError: There is no lab.
        PreflightFailed: The lab belongs to another user.
    """
    if read_state(settings.lab_dir) is None:
        raise _no_lab()
    return await _status(settings)


async def lab_power(
    settings: Settings, name: str, verb: PowerVerb, *, emit: Emit = ignore
) -> LabStatus:
    """Switch lab host *name* off or on, or reboot it; return when that is done.

    Raises:
        UsageError: The lab has no such host, or it is off and shall reboot.
        LabUnavailable: Lab hosts cannot run on this machine.
        KuberryError: The host did not come up.
    """
    await _require(settings)
    from kuberry.lab import power  # noqa: PLC0415

    await power.switch(settings.lab_dir, name, verb, emit)
    return await _status(settings)


def lab_inventory(settings: Settings) -> dict[str, Host]:
    """Return how to log in to each lab host, by name; no lab has no hosts.

    Raises:
        PreflightFailed: The lab belongs to another user.
    """
    return lab_hosts(settings.lab_dir)


def lab_shell(settings: Settings, name: str) -> tuple[str, ...]:
    """Return the words that open a shell on lab host *name* with OpenSSH.

    Raises:
        UsageError: The lab has no such host.
    """
    host = lab_inventory(settings).get(name)
    if host is None:
        raise UsageError(f"the lab has no host {name!r}", remedy="kuberry lab status")
    options = (
        "IdentitiesOnly=yes",
        f"HostKeyAlias={host.name}",
        f"UserKnownHostsFile={host.known_hosts_file}",
        "GlobalKnownHostsFile=none",
        "StrictHostKeyChecking=yes",
    )
    words = [word for option in options for word in ("-o", option)]
    return (
        "ssh",
        "-F",
        "none",
        "-i",
        str(host.identity_file),
        *words,
        f"{host.user}@{host.target}",
    )


async def _require(settings: Settings) -> None:
    from kuberry.lab import requirements  # noqa: PLC0415

    await requirements.check(settings.lab_dir)


async def _status(settings: Settings) -> LabStatus:
    from kuberry.lab import status  # noqa: PLC0415

    found = await status.status(settings.lab_dir)
    if found is None:
        raise _no_lab()
    return found


def _no_lab() -> UsageError:
    return UsageError("there is no lab", remedy='kuberry lab up --hosts "red,red[01-02]"')
