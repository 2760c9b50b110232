"""Is the operating system one that a kubelet can live on?"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry.model.facts import HostFacts
from kuberry.preflight.scene import Check, Observation, Scene

SYSTEMS = {"debian": "12, 13", "ubuntu": "22.04, 24.04, 26.04"}
_MACHINES = {"amd64": {"x86_64"}, "arm64": {"aarch64"}}
_MEMORY_ON_PI = (
    "append `cgroup_enable=memory cgroup_memory=1` to the line in /boot/firmware/cmdline.txt "
    "and reboot"
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
    Check("KB201", "an operating system we do not know", _system),
    Check("KB202", "an architecture Kubernetes does not run on", _architecture),
    Check("KB203", "32-bit programs on a 64-bit kernel", _mixed),
    Check("KB204", "no systemd", _no_systemd),
    Check("KB205", "the memory control group is off", _no_memory_control),
    Check("KB206", "no way to become root", _no_root),
)
