"""Units and reboots: a host's state, changed and waited for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from kuberry.engine.outcome import require
from kuberry.errors import ConnectionLost, KuberryError, TransportError, Unreachable
from kuberry.model.plan import PowerOff, Reboot, SetUnit, WaitUntil
from kuberry.shell import command, script
from kuberry.transports.transport import CommandResult, Transport

Reconnect = Callable[[], Awaitable[Transport]]

_UNIT_DEADLINE_S = 180.0
_RETRY_S = 1.0

# What a unit was before we touched it is noted once, for its removal.
_SET_UNIT = r"""
set -eu
unit=$1
mkdir -p /var/lib/kuberry/units
if [ ! -e "/var/lib/kuberry/units/$unit" ]; then
    was=$(systemctl is-enabled "$unit" 2>/dev/null || true)
    printf '%s %s\n' "${was:-absent}" "$(systemctl is-active "$unit" || true)" \
        >"/var/lib/kuberry/units/$unit"
fi
systemctl daemon-reload  # once: enable would have systemd read everything anew again
case $2 in
start) systemctl enable --no-reload --quiet "$unit"; systemctl $3 start "$unit" ;;
restart) systemctl enable --no-reload --quiet "$unit"; systemctl $3 restart "$unit" ;;
disable) systemctl disable --quiet --now "$unit" ;;
esac || { systemctl --no-pager --lines=20 status "$unit" >&2; exit 1; }
mkdir -p /var/lib/kuberry/set  # a file that is newer than this has not been read yet
: >"/var/lib/kuberry/set/$unit"
"""

_WAIT = r"""
interval=$1 script=$2; shift 2
until /bin/sh -c "$script" sh "$@"; do sleep "$interval"; done
"""

_REFUSED = 7
_POWER_OFF = """
systemctl poweroff || exit 7
sleep infinity
"""


async def set_unit(transport: Transport, step: SetUnit) -> None:
    """Have a unit as the step says.

    Raises:
        CommandFailed: systemd refused; its status is kept with the error.
    """
    blocks = "" if step.waits else "--no-block"
    words = script(_SET_UNIT, step.unit, step.action, blocks).as_root()
    result = await transport.run(words, deadline_s=_UNIT_DEADLINE_S)
    require(result, f"{step.unit} could not be set to {step.action}", host=transport.host.name)


async def wait_until(transport: Transport, step: WaitUntil) -> CommandResult:
    """Wait on the host itself until the step's script succeeds, without a round trip each time.

    Raises:
        CommandTimeout: It did not come true in time.
    """
    words = script(_WAIT, str(step.interval_s), step.script, *step.arguments)
    return await transport.run(words.as_root(), deadline_s=step.deadline_s)


async def power_off(transport: Transport, step: PowerOff) -> None:
    """Switch the host off; return when it has closed the connection.

    Raises:
        CommandFailed: It refuses.
        CommandTimeout: It is still there.
    """
    with contextlib.suppress(ConnectionLost):
        words = script(_POWER_OFF).as_root()
        result = await transport.run(words, deadline_s=step.deadline_s)
        if result.exit_status == _REFUSED:
            require(result, "it cannot be switched off", host=transport.host.name)
    await transport.aclose()


async def reboot(transport: Transport, step: Reboot, reconnect: Reconnect) -> Transport:
    """Reboot the host and return a new connection to it once its boot id has changed.

    Raises:
        Unreachable: It did not come back in time.
    """
    before = await _boot_id(transport)
    with contextlib.suppress(TransportError):  # the connection may go before the answer comes
        await transport.run(command("systemctl", "reboot").as_root(), deadline_s=30.0)
    await transport.aclose()
    try:
        async with asyncio.timeout(step.deadline_s):
            return await _back(before, reconnect)
    except TimeoutError:
        message = f"it did not come back within {step.deadline_s:.0f} s of its reboot"
        remedy = "look at its screen or power it off and on, then run the same line again"
        raise Unreachable(message, host=transport.host.name, remedy=remedy) from None


async def _back(before: str, reconnect: Reconnect) -> Transport:
    while True:
        try:
            transport = await reconnect()
            if await _boot_id(transport) != before:
                return transport
            await transport.aclose()
        except KuberryError as error:
            if not isinstance(error, TransportError):
                raise
        await asyncio.sleep(_RETRY_S)


async def _boot_id(transport: Transport) -> str:
    result = await transport.run(command("cat", "/proc/sys/kernel/random/boot_id"))
    if not result.ok:
        raise ConnectionLost("its boot id could not be read", host=transport.host.name)
    return result.text.strip()
