"""Is the operating system one that a kubelet can live on?"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.facts import HostFacts
from kuberry.model.finding import Severity
from kuberry.preflight.scene import Check, Observation, Scene
from kuberry.preflight.versions import minor

SYSTEMS = {"debian": "12, 13", "ubuntu": "22.04, 24.04, 26.04"}
_MACHINES = {"amd64": {"x86_64"}, "arm64": {"aarch64"}}
_PAGE_BYTES = 4096
_V1_REFUSED_SINCE = 35  # failCgroupV1 of the kubelet: KEP 5573
_MEMORY_ON_PI = (
    "kuberry deploy asks for it in the file that the firmware reads, and boots the host; by hand: "
    "docs/raspberry-pi.md"
)


def _system(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        seen = host.facts.os
        if seen and (seen.version_id or "") not in SYSTEMS.get(seen.id, "").split(", "):
            known = "; ".join(f"{word} {versions}" for word, versions in SYSTEMS.items())
            yield Observation(
                host=name,
                proof=f"it runs {seen.pretty_name}",
                remedy=f"write a card with Raspberry Pi OS (64-bit, a form of debian) or: {known}",
            )


def _architecture(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        seen = host.facts.architecture
        if (
            seen
            and not seen.is_mixed
            and seen.machine not in _MACHINES.get(seen.userland or "", ())
        ):
            yield Observation(
                host=name,
                proof=f"kernel {seen.machine}, packages {seen.userland or 'unknown'}",
                remedy="a 64-bit system is needed: amd64 or arm64 (Raspberry Pi 3 and later)",
            )


def _mixed(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        seen = host.facts.architecture
        if seen and seen.is_mixed:
            yield Observation(
                host=name,
                proof=f"kernel {seen.machine}, but programs are of {seen.long_bit} bits",
                remedy="write the card anew with the 64-bit image of Raspberry Pi OS",
            )


def _no_systemd(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        if host.facts.init and host.facts.init.name != "systemd":
            yield Observation(
                host=name,
                proof=f"process 1 is {host.facts.init.name}",
                remedy="use an image that starts systemd, as Raspberry Pi OS and Debian do",
            )


def _no_memory_control(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        if host.facts.cgroups and not host.facts.cgroups.memory:
            yield Observation(
                host=name,
                proof=f"the controllers are {', '.join(host.facts.cgroups.controllers)}",
                remedy=_MEMORY_ON_PI if _is_pi(host.facts) else "boot with cgroup_enable=memory",
            )


def _old_control_groups(scene: Scene) -> Iterator[Observation]:
    version = minor(scene.cluster.version)
    for name, host in scene.hosts.items():
        seen = host.facts.cgroups
        if seen is None or seen.version == "v2":
            continue
        if version is None or version >= _V1_REFUSED_SINCE:
            known = f"Kubernetes {scene.cluster.version}" if version else "a new Kubernetes"
            yield Observation(
                host=name,
                proof=f"control groups are {seen.version}, and it is to run {known}",
                remedy="boot with systemd.unified_cgroup_hierarchy=1, or write a newer system",
                severity=Severity.ERROR if version else Severity.WARNING,
            )


def _large_pages(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        size = host.facts.kernel.page_size_bytes if host.facts.kernel else None
        if size is not None and size != _PAGE_BYTES:
            yield Observation(
                host=name,
                proof=f"its kernel has pages of {size // 1024} KiB",
                remedy="on a Pi 5: kuberry deploy --page-size 4k",
                severity=Severity.WARNING,
            )


def _wants_reboot(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        if host.facts.init and host.facts.init.reboot_required:
            yield Observation(
                host=name,
                proof="its system says that it is to be rebooted",
                remedy="sudo reboot, before the cluster is at work",
                severity=Severity.WARNING,
            )


def _is_pi(facts: HostFacts) -> bool:
    return facts.board is not None and facts.board.is_raspberry_pi


def _no_root(scene: Scene) -> Iterator[Observation]:
    for name, host in scene.hosts.items():
        privileges = host.facts.privileges
        if not privileges.root:
            yield Observation(
                host=name,
                proof=privileges.reason or f"{privileges.user} cannot become root",
                remedy="give the sudo password with --ask-sudo-password, or prepare the host: "
                "kuberry hosts setup",
            )


CHECKS = (
    Check(
        "KB201",
        "an operating system we do not know",
        _system,
        why="Packages and paths are known for Raspberry Pi OS and Debian (12, 13) and Ubuntu "
        "(22.04, 24.04, 26.04).",
        remedy="Write a card with one of these; or ignore it where the bundle has all it needs.",
    ),
    Check(
        "KB202",
        "an architecture Kubernetes does not run on",
        _architecture,
        why="Kubernetes has no 32-bit packages since 1.27.",
        remedy="A 64-bit system is needed: amd64 or arm64 (Raspberry Pi 3 and later).",
        must="there is nothing to install for it",
    ),
    Check(
        "KB203",
        "32-bit programs on a 64-bit kernel",
        _mixed,
        why="The 32-bit image of Raspberry Pi OS runs a 64-bit kernel: `uname -m` says aarch64, "
        "but packages are armhf.",
        remedy="Write the card anew with the 64-bit image.",
        must="packages of the bundle could not be installed",
    ),
    Check(
        "KB204",
        "no systemd",
        _no_systemd,
        why="Everything is kept running by units of systemd.",
        remedy="Use an image that starts systemd, as Raspberry Pi OS, Debian and Ubuntu do.",
        must="nothing could be started",
    ),
    Check(
        "KB205",
        "the memory control group is off",
        _no_memory_control,
        why="A kubelet needs the memory controller; Raspberry Pi OS boots without it.",
        remedy="On a Pi deploy appends `cgroup_enable=memory` to the one line of the live "
        "cmdline.txt and boots the host ([how](raspberry-pi.md)).",
        must="no kubelet starts without it",
    ),
    Check(
        "KB206",
        "no way to become root",
        _no_root,
        why="All that is changed on a host is changed by root.",
        remedy="Give the sudo password with `--ask-sudo-password`, or prepare the host: `kuberry "
        "hosts setup`.",
        must="nothing could be changed",
    ),
    Check(
        "KB207",
        "control groups of version 1",
        _old_control_groups,
        why=f"From Kubernetes 1.{_V1_REFUSED_SINCE} on a kubelet refuses to start on them "
        "(failCgroupV1, KEP 5573).",
        remedy="Boot with systemd.unified_cgroup_hierarchy=1, or write a newer system.",
        severities=(Severity.ERROR, Severity.WARNING),
    ),
    Check(
        "KB208",
        "a kernel with large pages",
        _large_pages,
        why="The Pi 5's own kernel has pages of 16 KiB. Programs that were built for 4 KiB "
        "(jemalloc: some databases and web servers) end at once there.",
        remedy="`kuberry deploy --page-size 4k` has config.txt boot `kernel8.img`; or choose "
        "images that run on large pages.",
        severities=(Severity.WARNING,),
    ),
    Check(
        "KB209",
        "a reboot is due",
        _wants_reboot,
        why="An update wants it (/run/reboot-required): better before the cluster is at work.",
        remedy="`sudo reboot`",
        severities=(Severity.WARNING,),
    ),
)
