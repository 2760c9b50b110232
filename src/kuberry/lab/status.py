"""How the lab is now."""

from __future__ import annotations

from pathlib import Path

from kuberry.errors import CommandFailed
from kuberry.lab import machine, network
from kuberry.lab.inventory import read_state
from kuberry.model.lab import LabHostStatus, LabStatus


async def status(lab_dir: Path) -> LabStatus | None:
    """Return how the lab of *lab_dir* is now; ``None`` when there is no lab.

    Raises:
        PreflightFailed: The lab's file cannot be read.
    """
    lab = read_state(lab_dir)
    if lab is None:
        return None
    try:
        counters = await network.dropped(lab)
    except CommandFailed:  # not root, or the lab is switched off with its machine
        counters = {}
    hosts = tuple(
        LabHostStatus(
            host=host,
            power=machine.power(lab, host.name),
            boot_id=machine.boot_id(lab, host.name),
        )
        for host in lab.hosts
    )
    return LabStatus(
        lab=lab,
        hosts=hosts,
        dropped_beyond=counters.get(network.BEYOND),
        dropped_controller=counters.get(network.CONTROLLER),
    )
