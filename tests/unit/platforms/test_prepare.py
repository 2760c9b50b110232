"""What is planned to make hosts fit, by what was seen of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.platforms import boards
from tests.unit.platforms.boards import AB_ASSETS, AB_CONFIG, BOOKWORM, PI5, boot, pi

import made_up as make
from kuberry.model.facts import (
    Clock,
    CloudInit,
    Firewall,
    Identity,
    Interface,
    Kernel,
    KernelModule,
    Network,
    OperatingSystem,
    Radio,
    Sysctl,
)
from kuberry.model.plan import Plan, Reboot, RecordState, Run, Step, WriteFiles
from kuberry.model.preparation import Preparation, Prepared
from kuberry.platforms import prepare
from kuberry.platforms.command_line import ENABLE

ROOMY = (512, 262_144)


def planned(wish: Preparation | None = None, **facts: Any) -> Prepared:
    """Plan for one host, red, with these facts; the limits of inotify are high enough."""
    return prepare(
        {"red": make.seen("red", "10.0.0.1", **(_roomy() | facts))}, wish or Preparation()
    )


def _roomy() -> dict[str, Any]:
    return {"virtualization": "systemd-nspawn"}


def steps(plan: Plan) -> tuple[Step, ...]:
    """Return the steps of the only host."""
    (host,) = plan.hosts
    return host.steps


def written(plan: Plan) -> dict[str, str]:
    """Return the text of each file that is written."""
    return {
        file.path: "".join(str(part) for part in file.content)
        for step in steps(plan)
        if isinstance(step, WriteFiles)
        for file in step.files
    }


def test_a_host_that_is_fit_is_left_alone() -> None:
    """No step, no finding."""
    found = planned()

    assert found.plan.is_empty
    assert (found.cures, found.obstacles) == ((), ())


def test_the_controller_is_asked_for_and_proven_after_a_boot() -> None:
    """What stood there is noted before, the proof comes after."""
    found = planned(**pi(boot(cmdline=BOOKWORM)))

    assert [type(one) for one in steps(found.plan)] == [RecordState, WriteFiles, Reboot, Run]
    assert written(found.plan) == {"/boot/firmware/cmdline.txt": f"{BOOKWORM} {ENABLE}\n"}
    assert found.cures == (("red", "KB205"),)


def test_only_a_boot_is_missing_where_the_file_is_right() -> None:
    """An interrupted run, or an owner who forgot to reboot: nothing is written."""
    found = planned(**pi(boot(cmdline=f"{BOOKWORM} {ENABLE}")))

    assert [type(one) for one in steps(found.plan)] == [Reboot, Run]


def test_a_second_line_is_taken_out() -> None:
    """The firmware has never read it."""
    found = planned(**pi(boot(cmdline=f"{BOOKWORM}\n{ENABLE}\nroot=/dev/sda2")))

    assert written(found.plan)["/boot/firmware/cmdline.txt"] == f"{BOOKWORM} {ENABLE}\n"


def test_an_empty_first_line_is_not_repaired() -> None:
    """Nobody knows what it should say; a wrong root= would not boot."""
    found = planned(**pi(boot(cmdline=f"\n{BOOKWORM}")))

    assert found.plan.is_empty
    assert "empty first line" in found.obstacles[0][2]


def test_of_two_slots_the_live_one_and_the_one_on_trial_are_edited() -> None:
    """The next boot promotes the copy in new/; a left-over at the top is not touched."""
    card = boot(
        AB_CONFIG,
        AB_ASSETS,
        staged=True,
        cmdline=boards.UBUNTU,
        current_cmdline=boards.UBUNTU,
        new_cmdline=boards.UBUNTU,
    )
    found = planned(**pi(card))
    line = f"{boards.UBUNTU} {ENABLE}\n"

    assert written(found.plan) == {
        "/boot/firmware/current/cmdline.txt": line,
        "/boot/firmware/new/cmdline.txt": line,
    }
    (write,) = (one for one in steps(found.plan) if isinstance(one, WriteFiles))
    assert [one.volatile for one in write.files] == [False, True]
    assert [one.id for one in steps(found.plan)][-2:] == ["boot-settled", "memory-proof"]


def test_a_kernel_that_ignores_the_word_is_not_given_more_words() -> None:
    """It is a matter of the kernel; the file stays as it is."""
    found = planned(**pi(boot(cmdline=f"{BOOKWORM} {ENABLE}"), ENABLE))

    assert found.plan.is_empty
    assert found.obstacles[0][:2] == ("red", "KB205")
    assert "full-upgrade" in found.obstacles[0][2]
    assert found.cures == ()


def test_a_host_without_such_a_firmware_is_not_edited() -> None:
    """x86 machines keep their command line elsewhere."""
    found = planned(**pi(boot().model_copy(update={"directory": None})))

    assert found.plan.is_empty
    assert "config.txt" in found.obstacles[0][2]


def test_the_name_of_the_system_decides_nothing() -> None:
    """Ubuntu with the controller off is prepared, Raspberry Pi OS with it on is not."""
    ubuntu = OperatingSystem(
        id="ubuntu",
        version_id="24.04",
        pretty_name="Ubuntu 24.04",
        codename="noble",
        raspberry_pi_os=False,
        image=None,
    )
    card = boot(cmdline=boards.UBUNTU)
    raspbian = ubuntu.model_copy(update={"id": "debian", "raspberry_pi_os": True})

    assert not planned(**pi(card), os=ubuntu).plan.is_empty
    on = make.facts("red", "10.0.0.1").cgroups
    assert planned(**(pi(card) | {"os": raspbian, "cgroups": on})).plan.is_empty


def big_pages(card: Any) -> dict[str, Any]:
    """Return the facts of a Raspberry Pi 5 with pages of 16 KiB and the controller on."""
    kernel = Kernel(release="6.12", page_size_bytes=16_384, command_line=(ENABLE,))
    on = make.facts("red", "10.0.0.1").cgroups
    return pi(card, model=PI5) | {"kernel": kernel, "cgroups": on}


def test_small_pages_come_only_when_asked_for() -> None:
    """A kernel is nothing to change silently."""
    facts = big_pages(boot(("dtparam=audio=on", "")))

    assert planned(**facts).plan.is_empty
    found = planned(Preparation(page_size="4k"), **facts)
    assert written(found.plan)["/boot/firmware/config.txt"] == (
        "dtparam=audio=on\n# BEGIN kuberry\n[all]\nkernel=kernel8.img\n# END kuberry\n"
    )
    assert [one.id for one in steps(found.plan)] == [
        "before",
        "prepare-files",
        "prepare-boot",
        "pages-proof",
    ]


def test_small_pages_need_their_kernel_on_the_card() -> None:
    """A name that is not there would not boot."""
    facts = big_pages(boot(assets=("kernel_2712.img", "bcm2712-rpi-5-b.dtb")))
    found = planned(Preparation(page_size="4k"), **facts)

    assert found.plan.is_empty
    assert "kernel8.img" in found.obstacles[0][2]


def test_one_boot_serves_all_reasons() -> None:
    """Memory and pages together: one boot, then both proofs."""
    facts = big_pages(boot(cmdline=BOOKWORM)) | {"cgroups": boards.OFF}
    kernel = Kernel(release="6.12", page_size_bytes=16_384, command_line=())
    found = planned(Preparation(page_size="4k"), **(facts | {"kernel": kernel}))

    assert [one.id for one in steps(found.plan) if not isinstance(one, WriteFiles)] == [
        "before",
        "prepare-boot",
        "memory-proof",
        "pages-proof",
    ]


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
    host = make.seen("red", "10.0.0.1", there=there, **(_roomy() | pi(boot(cmdline=BOOKWORM))))
    found = prepare({"red": host}, Preparation())

    assert not any(isinstance(one, RecordState) for one in found.plan.hosts[0].steps)
