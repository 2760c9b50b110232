"""What runs on the host: operating system, kernel, processes, who we are."""

from __future__ import annotations

from typing import Literal

from kuberry.model.value import Value


class OperatingSystem(Value):
    """What /etc/os-release says (os-release(5)), and whether it is Raspberry Pi OS.

    64-bit Raspberry Pi OS calls itself ``debian``; only /etc/rpi-issue tells it from Debian.

    Attributes:
        version_id: ``None`` on rolling releases, which have none.
        image: First line of /etc/rpi-issue: the image the card was written from.
    """

    id: str
    version_id: str | None
    pretty_name: str
    codename: str | None
    raspberry_pi_os: bool
    image: str | None


class Kernel(Value):
    """The running kernel; Raspberry Pi 5 kernels may have pages of 16 KiB.

    Attributes:
        command_line: Its words in order; for cgroup_enable= and cgroup_disable= the last wins.
    """

    release: str
    page_size_bytes: int | None
    command_line: tuple[str, ...]


class Architecture(Value):
    """Kernel and programs may differ: 32-bit Raspberry Pi OS runs a 64-bit kernel.

    Attributes:
        machine: The kernel's word (``uname -m``).
        userland: The packages' word (``dpkg --print-architecture``); ``None`` without dpkg.
        long_bit: Width of the programs' machine words (``getconf LONG_BIT``).
    """

    machine: str
    userland: str | None
    long_bit: int | None

    @property
    def is_mixed(self) -> bool:
        """Return whether 32-bit programs run on a 64-bit kernel."""
        return self.long_bit == 32 and self.machine in {"aarch64", "x86_64"}  # noqa: PLR2004


class Cgroups(Value):
    """Control groups; the memory controller is off on Raspberry Pi OS until it is asked for.

    Attributes:
        memory: Whether the memory controller works: in cgroup.controllers or, since kernels from
            6.12 on may drop it from /proc/cgroups, enabled there.
    """

    version: Literal["v1", "v2", "hybrid"]
    controllers: tuple[str, ...]
    memory: bool


class Identity(Value):
    """Who the host says it is.

    Attributes:
        machine_id: Equal on cloned cards; ``None`` when it is not set.
        boot_id: New at each boot and unlike on any two running machines.
        uptime_s: Seconds since the kernel started (in a container: since its host's).
    """

    hostname: str
    machine_id: str | None
    boot_id: str
    uptime_s: float | None


class Clock(Value):
    """The host's time against the controller's.

    Attributes:
        epoch_s: The host's time when it answered.
        offset_s: Seconds the host is ahead; the truth lies within *uncertainty_s* of it.
        uncertainty_s: Half the round trip in which the clock was read.
        synchronised: Whether the kernel holds its clock for synchronised; ``None`` is unknown.
    """

    epoch_s: float
    offset_s: float
    uncertainty_s: float
    synchronised: bool | None


class KernelModule(Value):
    """A kernel feature that can be a module; *state* is ``None`` where nothing tells."""

    name: str
    state: Literal["loaded", "builtin", "loadable", "absent"] | None


class Sysctl(Value):
    """A kernel setting; *value* is ``None`` where the running kernel has no such setting."""

    name: str
    value: int | None


class InitSystem(Value):
    """Process 1; *state* and *failed_units* are ``None`` unless it is systemd."""

    name: str
    state: str | None
    failed_units: tuple[str, ...] | None
    reboot_required: bool


class Package(Value):
    """An installed package."""

    name: str
    version: str
    architecture: str


class Privileges(Value):
    """Who we are on the host, and whether we can become root.

    Attributes:
        reason: Why root is out of reach; ``None`` when it is not.
    """

    user: str | None
    root: bool
    reason: str | None
