"""What the host is made of, and how it feels."""

from __future__ import annotations

from typing import Literal

from kuberry.model.value import Value

HOT_C = 80.0
"""From here on a Raspberry Pi slows itself down.

Source: https://www.raspberrypi.com/documentation/computers/config_txt.html#monitoring-core-temperature
"""


class Board(Value):
    """The single-board computer; both fields are ``None`` where there is no device tree."""

    model: str | None
    serial: str | None

    @property
    def is_raspberry_pi(self) -> bool:
        """Return whether it is a Raspberry Pi."""
        return self.model is not None and "Raspberry Pi" in self.model


class Processor(Value):
    """What computes.

    Attributes:
        count: Processors online for this host.
        quota: How many processors' time its cgroup grants; ``None`` means no limit.
    """

    count: int
    quota: float | None


class Memory(Value):
    """What remembers.

    Attributes:
        limit_bytes: What its cgroup grants; ``None`` means no limit.
    """

    total_bytes: int
    available_bytes: int | None
    limit_bytes: int | None

    @property
    def usable_bytes(self) -> int:
        """Return the bytes that programs of this host can have in all."""
        return self.total_bytes if self.limit_bytes is None else self.limit_bytes


class SwapDevice(Value):
    """A line of /proc/swaps."""

    path: str
    kind: str
    size_bytes: int
    used_bytes: int
    priority: int

    @property
    def is_zram(self) -> bool:
        """Return whether it is compressed memory rather than a disk."""
        return self.path.startswith("/dev/zram")


class FileSystem(Value):
    """The file system that holds *path*.

    Attributes:
        free_bytes: What a program without privileges may still write.
        read_only: Also what becomes of a worn-out card; ``None`` when the mount was not listed.
    """

    path: str
    source: str
    type: str
    mount_point: str
    total_bytes: int
    free_bytes: int
    read_only: bool | None


class Card(Value):
    """An SD card or a soldered eMMC.

    Attributes:
        device: ``mmcblk0``.
        made: Month and year: ``08/2023``.
        speed_class: Of an SD card: MB/s it promises to write in a row.
        application_class: Of an SD card: 1 or 2 for A1 and A2 (small reads and writes), 0 for none.
        worn_percent: Of its life; above 100 it is beyond. SD cards do not tell.
        spare: Whether its reserve blocks come to an end. SD cards do not tell.
    """

    device: str
    kind: Literal["SD", "MMC"]
    name: str | None = None
    made: str | None = None
    speed_class: int | None = None
    application_class: int | None = None
    worn_percent: int | None = None
    spare: Literal["normal", "warning", "urgent"] | None = None


class Flush(Value):
    """How fast a disk makes small writes last, one after the other.

    Attributes:
        writes: How many were measured.
        p99_ms: So long the slowest but one in a hundred took.
    """

    writes: int
    p99_ms: float


class Led(Value):
    """One of the two LEDs of a Raspberry Pi.

    Attributes:
        name: ACT is the green one, PWR the red one.
        brightness: 0 is dark; what a trigger does now and then is caught by chance.
        trigger: What switches it: ``mmc0`` (the card), ``none`` (by hand); ``None`` if not told.
    """

    name: Literal["ACT", "PWR"]
    brightness: int
    trigger: str | None


class Throttling(Value):
    """What the Raspberry Pi's firmware complained about.

    Source: https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
    """

    raw: int
    now: tuple[str, ...]
    since_boot: tuple[str, ...]


class Health(Value):
    """How the hardware feels; ``None`` where no sensor tells."""

    temperature_c: float | None
    throttling: Throttling | None
    cpu_frequency_mhz: int | None
    load_1min: float | None

    @property
    def is_hot(self) -> bool:
        """Return whether the host slows itself down for heat, or is about to."""
        now = self.throttling.now if self.throttling else ()
        heat = self.temperature_c is not None and self.temperature_c >= HOT_C
        return heat or "throttled" in now or "soft-temperature-limit" in now
