"""Record what a host answers to every probe: ``python record.py HOST DIRECTORY``.

Read what it wrote before you publish it: addresses, names and serial numbers are in it.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kuberry.api.hosts import resolve
from kuberry.facts.framing import compose, cut
from kuberry.facts.gather import AS_ROOT, AS_USER
from kuberry.facts.probe import Probe
from kuberry.model.connection import ConnectOptions
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Transport


async def record(name: str, directory: Path) -> None:
    """Write one file for each answer of the host called *name* to *directory*."""
    async with connect_all(resolve(name, Settings()), ConnectOptions()) as connections:
        for transport in connections.transports:
            await _record(transport, AS_USER, directory, as_root=False)
            await _record(transport, AS_ROOT, directory, as_root=True)
        for _, error in connections.failures:
            raise error


async def _record(
    transport: Transport, probes: Sequence[Probe[Any]], directory: Path, *, as_root: bool
) -> None:
    nonce = secrets.token_hex(16)
    command = compose(probes, nonce)
    result = await transport.run(command.as_root() if as_root else command)
    ending = ".root.txt" if as_root else ".txt"
    for subject, section in cut(result.stdout, nonce).items():
        if section.output is not None:
            (directory / f"{subject}{ending}").write_text(section.output, "utf-8")


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    asyncio.run(record(sys.argv[1], Path(sys.argv[2])))
