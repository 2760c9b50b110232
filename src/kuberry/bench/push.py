"""``python -m kuberry.bench.push``: bring one file to hosts, as a deploy does, and nothing else.

What fan-out is measured with. Events are written to standard error as JSON lines.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from kuberry.api.hosts import resolve
from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.model.bundle import Binary
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent
from kuberry.model.host import Host
from kuberry.model.plan import FanOut, HostPlan, Plan, PutArtifact
from kuberry.settings import Settings
from kuberry.transports.pool import connect_all

TARGET = "/opt/kuberry-pushed"


def main(argv: Sequence[str] | None = None) -> int:
    """Push what *argv* says; return 0 when every host has it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", required=True)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--fan-out", choices=("chain", "star"), default="chain")
    words = parser.parse_args(argv)
    hosts = resolve(words.hosts, Settings(), _tell)
    return asyncio.run(push(hosts, words.file, words.fan_out))


async def push(hosts: Sequence[Host], file: Path, fan_out: FanOut) -> int:
    """Bring *file* to all *hosts*; return 0 when every one has it."""
    step = PutArtifact(id="put", title="put", artifact=_artifact(file), path=TARGET)
    plans = tuple(HostPlan(host=one.name, steps=(step,)) for one in hosts)
    async with connect_all(hosts, ConnectOptions(), _tell) as connections:
        means = Means(
            transports={one.host.name: one for one in connections.transports},
            reconnect={},
            fetch=lambda _artifact: file,
            emit=_tell,
            fan_out=fan_out,
        )
        reports = await execute(Plan(title="push", hosts=plans), means)
    for one in reports:
        sys.stdout.write(f"{one.host} {one.ending} {one.message}\n")
    return 0 if all(one.ok for one in reports) else 1


def _artifact(file: Path) -> Binary:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = file.stat().st_size
    return Binary(name="file", version="1", architecture="any", sha256=digest, size_bytes=size)


def _tell(event: AnyEvent) -> None:
    sys.stderr.write(f"{event.model_dump_json()}\n")


if __name__ == "__main__":
    sys.exit(main())
