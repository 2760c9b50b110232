"""What is planned in the running system to make hosts fit, by what was seen of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.platforms.boards import BOOKWORM, boot, pi, planned, roomy, steps, written

import made_up as make
from kuberry.model.facts import (
    Clock,
    CloudInit,
    Firewall,
    Identity,
    Interface,
    KernelModule,
    Network,
    OperatingSystem,
    Radio,
    Sysctl,
)
from kuberry.model.plan import Reboot, RecordState, Run
from kuberry.model.preparation import Preparation
from kuberry.platforms import prepare

ROOMY = (512, 262_144)


def test_clones_get_machine_ids_of_their_own_when_asked() -> None:
    """The first keeps its own; what has no id is no clone."""
    ids = {"red": "1" * 32, "red01": "1" * 32, "red02": "2" * 32, "red03": None}
    hosts = {
        name: make.seen(
            name,
            f"10.0.0.{number}",
            virtualization="systemd-nspawn",
            identity=Identity(hostname=name, machine_id=one, boot_id=name, uptime_s=1.0),
        )
        for number, (name, one) in enumerate(ids.items(), 1)
    }

    assert prepare(hosts, Preparation()).plan.is_empty
    found = prepare(hosts, Preparation(new_machine_ids=True))
    assert [one.host for one in found.plan.hosts if one.steps] == ["red01"]
    assert found.cures == (("red01", "KB103"),)


IMAGER = CloudInit(
    enabled=True,
    preserves_hostname=False,
    hostname="raspberrypi",
    manages_hosts_file=True,
    configuration=("cloud_init_modules:", "  - set_hostname", "  - update_etc_hosts", "users:", ""),
)


def test_cloud_init_loses_the_host_name_and_the_hosts_file() -> None:
    """Both would be undone at the next boot; all else of its configuration stays."""
    found = planned(cloud_init=IMAGER)

    assert written(found.plan) == {
        "/etc/cloud/cloud.cfg.d/99-kuberry.cfg": "# Written by kuberry: the host's name is its "
        "node's name.\npreserve_hostname: true\n",
        "/etc/cloud/cloud.cfg": "cloud_init_modules:\n  - set_hostname\nusers:\n",
    }


@pytest.mark.parametrize(
    "cloud",
    [
        IMAGER.model_copy(update={"enabled": False}),
        IMAGER.model_copy(update={"preserves_hostname": True, "manages_hosts_file": False}),
        IMAGER.model_copy(update={"hostname": "red", "manages_hosts_file": False}),
        IMAGER.model_copy(update={"hostname": None, "manages_hosts_file": False}),
    ],
)
def test_cloud_init_that_undoes_nothing_is_left_alone(cloud: CloudInit) -> None:
    """Switched off, told already, or of one mind with the host."""
    assert planned(cloud_init=cloud).plan.is_empty


def wireless(*, power_save: bool | None, managed: bool) -> dict[str, Any]:
    """Return the facts of a host that we are logged in to by Wi-Fi."""
    interface = Interface(
        name="wlan0",
        mac=None,
        mtu=1500,
        state="up",
        wireless=True,
        speed_mbps=None,
        addresses=("10.0.0.1/24",),
    )
    return {
        "network": Network(interfaces=(interface,), routes=(), login_address="10.0.0.1"),
        "radios": (Radio(interface="wlan0", power_save=power_save, network_manager=managed),),
    }


@pytest.mark.parametrize(
    ("managed", "path"),
    [
        (True, "/etc/NetworkManager/conf.d/90-kuberry.conf"),
        (False, "/etc/udev/rules.d/90-kuberry-wifi.rules"),
    ],
)
def test_wifi_in_use_is_kept_awake(*, managed: bool, path: str) -> None:
    """Now, and at every later connection, by whoever makes it."""
    found = planned(**wireless(power_save=True, managed=managed))

    assert list(written(found.plan)) == [path]
    assert steps(found.plan)[-1].id == "wifi-awake"
    assert not any(isinstance(one, Reboot) for one in steps(found.plan))


@pytest.mark.parametrize("power_save", [False, None])
def test_wifi_that_is_awake_or_unknown_is_left_alone(*, power_save: bool | None) -> None:
    """Without iw nothing can be switched off."""
    assert planned(**wireless(power_save=power_save, managed=True)).plan.is_empty


def test_wifi_that_is_not_in_use_is_left_alone() -> None:
    """We are logged in by cable."""
    radio = Radio(interface="wlan0", power_save=True, network_manager=True)

    assert planned(radios=(radio,)).plan.is_empty


@pytest.mark.parametrize(("synchronised", "waits"), [(False, True), (True, False), (None, False)])
def test_a_clock_that_is_not_set_is_waited_for(*, synchronised: bool | None, waits: bool) -> None:
    """Certificates carry the time they were made at."""
    clock = Clock(epoch_s=0.0, offset_s=0.0, uncertainty_s=0.0, synchronised=synchronised)
    found = planned(clock=clock, virtualization="none", sysctls=_high())

    assert ["clock" in [one.id for one in steps(found.plan)]] == [waits]


def _high() -> tuple[Any, ...]:
    names = ("fs.inotify.max_user_instances", "fs.inotify.max_user_watches")
    return tuple(Sysctl(name=name, value=value) for name, value in zip(names, ROOMY, strict=True))


def test_the_clock_of_a_container_is_not_its_own() -> None:
    """Lab hosts cannot set theirs."""
    clock = Clock(epoch_s=0.0, offset_s=0.0, uncertainty_s=0.0, synchronised=False)

    assert planned(clock=clock).plan.is_empty


def test_few_watches_are_raised_once() -> None:
    """Debian's 128 instances are few; what is high enough is left alone."""
    low = tuple(one.model_copy(update={"value": 128}) for one in _high())

    assert "/etc/sysctl.d/90-kuberry-watches.conf" in written(
        planned(virtualization="none", sysctls=low).plan
    )
    assert planned(virtualization="none", sysctls=_high()).plan.is_empty


VXLAN = KernelModule(name="vxlan", state="absent")


JAMMY = OperatingSystem(
    id="ubuntu",
    version_id="22.04",
    pretty_name="Ubuntu 22.04",
    codename="jammy",
    raspberry_pi_os=False,
    image=None,
)


def test_a_kernel_without_vxlan_gets_its_extra_modules_where_a_network_needs_it() -> None:
    """Ubuntu 22.04; routes of ours need no vxlan."""
    facts: dict[str, Any] = {"modules": (VXLAN,), "os": JAMMY}

    assert planned(**facts).plan.is_empty
    found = planned(Preparation(needs_vxlan=True), **facts)
    assert [one.id for one in steps(found.plan)] == ["before", "prepare-files", "vxlan"]
    assert found.cures == (("red", "KB410"),)


@pytest.mark.parametrize("state", ["loaded", "builtin", "loadable", None])
def test_a_kernel_with_vxlan_needs_nothing(state: Any) -> None:
    """24.04 has it in the kernel's own package: the same system name, other modules."""
    module = KernelModule(name="vxlan", state=state)

    assert planned(Preparation(needs_vxlan=True), modules=(module,), os=JAMMY).plan.is_empty


UFW = Firewall(
    ufw_enabled=True,
    firewalld_active=False,
    nft_tables=None,
    ufw_rules=(
        "allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in",
        "allow any any 0.0.0.0/0 any 10.244.0.0/16 in comment=6b756265727279",
    ),
)


def test_ufw_is_opened_when_asked_for_what_it_still_closes() -> None:
    """SSH alone is not enough; the pods' range is open already."""
    hosts = {
        name: make.seen(name, address, virtualization="systemd-nspawn", firewall=UFW)
        for name, address in (("red", "10.0.0.1"), ("red01", "10.0.0.2"))
    }

    assert prepare(hosts, Preparation()).plan.is_empty
    found = prepare(hosts, Preparation(open_firewall=True))
    run = found.plan.hosts[0].steps[-1]
    assert isinstance(run, Run)
    assert run.arguments == ("10.0.0.2", "10.96.0.0/16")


def test_ufw_that_is_off_is_left_off() -> None:
    """Raspberry Pi OS has none."""
    closed = UFW.model_copy(update={"ufw_enabled": False})

    assert planned(Preparation(open_firewall=True), firewall=closed).plan.is_empty


def test_the_records_are_begun_once() -> None:
    """A host that we have written to has its state noted already."""
    there = make.installed(is_recorded=True)
    host = make.seen("red", "10.0.0.1", there=there, **(roomy() | pi(boot(cmdline=BOOKWORM))))
    found = prepare({"red": host}, Preparation())

    assert not any(isinstance(one, RecordState) for one in found.plan.hosts[0].steps)
