"""Reboot and power-off are real."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from kuberry.api.lab import lab_power, lab_status, lab_up
from kuberry.errors import UsageError
from kuberry.lab import machine
from kuberry.lab.inventory import read_state
from kuberry.model.host import Host
from kuberry.model.lab import LabHostStatus
from kuberry.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

_UPTIME = "cut -d. -f1 /proc/uptime"
_BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


def _status(settings: Settings, name: str) -> LabHostStatus:
    status = asyncio.run(lab_status(settings=settings))
    assert status is not None
    return next(one for one in status.hosts if one.host.name == name)


def _until(condition: Callable[[], bool], deadline_s: float = 60) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def _answers(host: Host) -> bool:
    """Return whether anything at all answers at the address of *host*, a refusal included."""
    try:
        socket.create_connection((str(host.address), 22), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def test_a_reboot_is_a_new_boot_with_the_same_disk(
    fresh_host: FreshHost, run_on: RunOn, lab_settings: Settings
) -> None:
    """After a reboot the boot id is another, uptime starts at zero, and files are still there."""
    host = fresh_host()
    before = run_on(host, f"touch kept; sudo touch /run/lost; {_BOOT_ID}").stdout
    _until(lambda: int(run_on(host, _UPTIME).stdout) >= 3)
    rebooted = time.monotonic()
    asyncio.run(lab_power(host.name, "reboot", settings=lab_settings))
    after = run_on(host, f"ls; ls /run/lost; {_BOOT_ID}").stdout.splitlines()
    assert after[0] == "kept"
    assert after[1] != before.strip()
    assert len(after) == 2
    uptime_s = int(run_on(host, _UPTIME).stdout)
    # The kernel's time namespaces begin at whole seconds of the machine's clock.
    assert uptime_s <= time.monotonic() - rebooted + 1


def test_a_host_reboots_itself(
    fresh_host: FreshHost, run_on: RunOn, lab_settings: Settings
) -> None:
    """`systemctl reboot` inside is as real as `lab reboot`."""
    host = fresh_host()
    before = _status(lab_settings, host.name).boot_id
    run_on(host, "sudo systemctl reboot")
    _until(lambda: _status(lab_settings, host.name).boot_id not in {before, None})
    _until(lambda: run_on(host, "true").returncode == 0)
    assert _status(lab_settings, host.name).power == "on"


def test_a_host_that_was_switched_off_stays_off_until_switched_on(
    fresh_host: FreshHost, run_on: RunOn, lab_settings: Settings
) -> None:
    """Off is silent and without processes; on again, the disk is as it was."""
    host = fresh_host()
    run_on(host, "touch kept; sync")
    asyncio.run(lab_power(host.name, "poweroff", settings=lab_settings))
    assert _status(lab_settings, host.name).power == "off"
    assert not _answers(host)
    asyncio.run(lab_power(host.name, "poweron", settings=lab_settings))
    assert _status(lab_settings, host.name).power == "on"
    assert run_on(host, "ls").stdout == "kept\n"


def test_a_host_switches_itself_off(
    fresh_host: FreshHost, run_on: RunOn, lab_settings: Settings
) -> None:
    """`systemctl poweroff` inside counts as well; `lab up` switches the host on again."""
    host = fresh_host()
    run_on(host, "sudo systemctl poweroff")
    _until(lambda: _status(lab_settings, host.name).power == "off")
    asyncio.run(lab_up(host.name, settings=lab_settings))
    assert run_on(host, "hostname").stdout == f"{host.name}\n"


def test_a_crash_is_told_from_a_power_off(fresh_host: FreshHost, lab_settings: Settings) -> None:
    """A host whose init was killed has failed; it is not simply off."""
    host = fresh_host()
    lab = read_state(lab_settings.lab_dir)
    assert lab is not None
    process = machine.supervisor_of(lab, host.name)
    assert process is not None
    process.kill()
    _until(lambda: _status(lab_settings, host.name).power != "on")
    assert _status(lab_settings, host.name).power == "failed"


def test_a_host_that_is_off_cannot_reboot(fresh_host: FreshHost, lab_settings: Settings) -> None:
    """The refusal says how to switch it on."""
    host = fresh_host()
    asyncio.run(lab_power(host.name, "poweroff", settings=lab_settings))
    with pytest.raises(UsageError) as caught:
        asyncio.run(lab_power(host.name, "reboot", settings=lab_settings))
    assert caught.value.remedy == f"kuberry lab poweron {host.name}"


def test_an_unknown_host_cannot_be_switched(lab_machine: None, lab_settings: Settings) -> None:
    """A name that the lab does not have is a usage error."""
    with pytest.raises(UsageError, match="no host 'nobody'"):
        asyncio.run(lab_power("nobody", "poweroff", settings=lab_settings))
