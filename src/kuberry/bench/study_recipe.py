"""``python -m kuberry.bench.study_recipe``: the study's preparation with our engine.

All hosts are looked at once; a plan is made of what differs; the engine does it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from kuberry.api.hosts import resolve
from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.model.bundle import Binary
from kuberry.model.connection import ConnectOptions
from kuberry.model.plan import File, HostPlan, Plan, PutArtifact, SetUnit, Step, WriteFiles
from kuberry.settings import Settings
from kuberry.shell import script
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Transport

_LOOK = """
cd / && sha256sum -c 2>/dev/null
systemctl is-enabled -q study && systemctl is-active -q study && echo unit: OK
"""
_PROGRAM = "usr/local/bin/study"
_DEADLINE_S = 60.0


async def prepare(site: Path, expression: str) -> int:
    """Have the hosts as *site* says; return 0 when every one is."""
    sums = (site / "SHA256SUMS").read_bytes()
    lines = (line.split("  ", 1) for line in sums.decode().splitlines())
    wanted = {path: digest for digest, path in lines}
    async with connect_all(resolve(expression, Settings()), ConnectOptions()) as connections:
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(_look(one, sums)) for one in connections.transports]
        plans = tuple(
            HostPlan(host=name, steps=_steps(site, wanted, good))
            for name, good in (task.result() for task in looks)
        )
        means = Means(
            transports={one.host.name: one for one in connections.transports},
            reconnect={},
            fetch=lambda _artifact: site / "files" / _PROGRAM,
            emit=lambda _event: None,
            fan_out="chain",
        )
        reports = await execute(Plan(title="study", hosts=plans), means)
    for host, error in connections.failures:
        sys.stdout.write(f"{host.name} failed {error.message}\n")
    for one in reports:
        sys.stdout.write(f"{one.host} {one.ending} {one.message}\n")
    return 0 if all(one.ok for one in reports) and not connections.failures else 1


async def _look(transport: Transport, sums: bytes) -> tuple[str, set[str]]:
    result = await transport.run(script(_LOOK), stdin=sums, deadline_s=_DEADLINE_S)
    lines = result.text.splitlines()
    return transport.host.name, {line.removesuffix(": OK") for line in lines if ": OK" in line}


def _steps(site: Path, wanted: dict[str, str], good: set[str]) -> tuple[Step, ...]:
    """Return what is left to do on a host where *good* is as it has to be."""
    paths = sorted(wanted.keys() - good)
    files = tuple(
        File(path=f"/{path}", content=((site / "files" / path).read_text("utf-8"),))
        for path in paths
        if path != _PROGRAM
    )
    steps: list[Step] = []
    if files:
        steps.append(WriteFiles(id="files", title="files", files=files))
    if _PROGRAM in paths:
        size = (site / "files" / _PROGRAM).stat().st_size
        program = Binary(
            name="study",
            version="1",
            architecture="any",
            sha256=wanted[_PROGRAM],
            size_bytes=size,
        )
        path = f"/{_PROGRAM}"
        steps.append(
            PutArtifact(id="program", title="program", artifact=program, path=path, mode=0o755)
        )
    if paths or "unit" not in good:
        steps.append(SetUnit(id="unit", title="unit", unit="study.service", action="restart"))
    return tuple(steps)


if __name__ == "__main__":
    sys.exit(asyncio.run(prepare(Path(sys.argv[1]), sys.argv[2])))
