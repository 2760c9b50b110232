"""Boot partitions as they are found on real cards, from few words."""

from __future__ import annotations

from typing import Any

import made_up as make
from kuberry.model.facts import Board, Boot, Cgroups, CommandLineFile, Kernel
from kuberry.model.plan import Plan, Step, WriteFiles
from kuberry.model.preparation import Preparation, Prepared
from kuberry.platforms import prepare

PI4, PI5 = "Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi 5 Model B Rev 1.0"
BOOKWORM = (
    "console=serial0,115200 console=tty1 root=PARTUUID=0008f858-02 rootfstype=ext4 "
    "fsck.repair=yes rootwait"
)
"""RPi-Distro/pi-gen, stage1/00-boot-files/files/cmdline.txt, with a PARTUUID."""
UBUNTU = (
    "console=serial0,115200 multipath=off dwc_otg.lpm_enable=0 console=tty1 root=LABEL=writable "
    "rootfstype=ext4 panic=10 rootwait fixrtc"
)
AB_CONFIG = (
    "[all]",
    "kernel=vmlinuz",
    "os_prefix=current/",
    "[tryboot]",
    "os_prefix=new/",
    "[all]",
)
AB_ASSETS = tuple(
    f"{slot}/{name}" for slot in ("current", "new") for name in ("vmlinuz", "bcm2711-rpi-4-b.dtb")
)
DTB_OFF = ("coherent_pool=1M", "cgroup_disable=memory", "numa_policy=interleave")
OFF = Cgroups(version="v2", controllers=("cpuset", "cpu", "io", "pids"), memory=False)


def boot(
    config: tuple[str, ...] = (),
    assets: tuple[str, ...] = ("kernel8.img", "bcm2711-rpi-4-b.dtb"),
    *,
    staged: bool = False,
    **lines: str,
) -> Boot:
    """Return a boot partition; ``current_cmdline="a"`` is the file current/cmdline.txt."""
    files = {f"{name.replace('_', '/')}.txt": text for name, text in lines.items()}
    return Boot(
        directory="/boot/firmware",
        config=config,
        command_lines=tuple(
            CommandLineFile(name=name, lines=tuple(text.split("\n")))
            for name, text in files.items()
        ),
        assets=assets,
        staged=staged,
    )


def pi(partition: Boot | None, *running: str, model: str = PI4) -> dict[str, Any]:
    """Return what is seen of a Raspberry Pi whose memory controller is off."""
    return {
        "board": Board(model=model, serial="1000000012345678"),
        "boot": partition,
        "cgroups": OFF,
        "kernel": Kernel(
            release="6.12.34+rpt-rpi-v8",
            page_size_bytes=4096,
            command_line=(*DTB_OFF, *running),
        ),
    }


def planned(wish: Preparation | None = None, **facts: Any) -> Prepared:
    """Plan for one host, red, with these facts; the limits of inotify are high enough."""
    return prepare(
        {"red": make.seen("red", "10.0.0.1", **(roomy() | facts))}, wish or Preparation()
    )


def roomy() -> dict[str, Any]:
    """Return what a host is seen to be whose limits and clock are not its own."""
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
