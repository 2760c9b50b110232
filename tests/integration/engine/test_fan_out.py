"""Artifacts passed on from host to host: one copy leaves, whatever happens on the way."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.lab.names import Names
from kuberry.model.bundle import Binary
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent, ArtifactArrived, Notice, ignore
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.model.plan import FanOut, HostPlan, Plan, PutArtifact
from kuberry.model.report import HostReport
from kuberry.transports.pool import connect_all

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
NAMES = ("red", "red01", "red02")


@dataclasses.dataclass(frozen=True, slots=True)
class Cargo:
    """A file that all hosts are to have."""

    path: Path
    artifact: Binary


@dataclasses.dataclass(slots=True)
class Pushed:
    """How hosts ended, and what was said."""

    reports: tuple[HostReport, ...]
    events: list[AnyEvent]

    @property
    def arrived(self) -> dict[str, ArtifactArrived]:
        """Return how the artifact came to each host."""
        return {one.host: one for one in self.events if isinstance(one, ArtifactArrived)}

    @property
    def notices(self) -> str:
        """Return what the user was told."""
        return "\n".join(
            f"{one.host}: {one.message}" for one in self.events if isinstance(one, Notice)
        )


@pytest.fixture
def cargo(tmp_path: Path) -> Cargo:
    """Give a file that nobody has seen before."""
    return make_cargo(tmp_path, 24 * MIB)


def make_cargo(directory: Path, size: int) -> Cargo:
    """Write a file of random bytes."""
    data = secrets.token_bytes(size)
    path = directory / "cargo"
    path.write_bytes(data)
    artifact = Binary(
        name="cargo",
        version="1",
        architecture="any",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=size,
    )
    return Cargo(path, artifact)


async def push(
    hosts: Sequence[Host],
    cargo: Cargo,
    *,
    fan_out: FanOut = "chain",
    told: Callable[[AnyEvent], None] = ignore,
) -> Pushed:
    """Bring *cargo* to all *hosts*."""
    step = PutArtifact(id="put", title="put", artifact=cargo.artifact, path="/opt/kuberry-cargo")
    plan = Plan(title="test", hosts=tuple(HostPlan(host=one.name, steps=(step,)) for one in hosts))
    events: list[AnyEvent] = []

    def emit(event: AnyEvent) -> None:
        events.append(event)
        told(event)

    async with connect_all(hosts, ConnectOptions()) as connections:
        means = Means(
            transports={one.host.name: one for one in connections.transports},
            reconnect={},
            fetch=lambda _artifact: cargo.path,
            emit=emit,
            fan_out=fan_out,
        )
        return Pushed(await execute(plan, means), events)


def sent_bytes(lab: LabState) -> int:
    """Return what this machine has sent into the lab's network."""
    link = Names(lab.lab_id).bridge
    return int(Path(f"/sys/class/net/{link}/statistics/tx_bytes").read_text())


async def test_one_copy_leaves_the_controller(lab: LabState, cargo: Cargo) -> None:
    """Three hosts have the file; this machine sent it once, and each says whom it had it from."""
    hosts = [lab.login(name) for name in NAMES]
    before = sent_bytes(lab)
    pushed = await push(hosts, cargo)
    sent = sent_bytes(lab) - before

    assert [(one.ending, one.message) for one in pushed.reports] == [("done", "")] * 3, pushed
    assert sent < 1.2 * cargo.artifact.size_bytes
    size = cargo.artifact.size_bytes
    assert {
        name: (one.from_controller_bytes, one.from_hosts_bytes)
        for name, one in pushed.arrived.items()
    } == {"red": (size, {}), "red01": (0, {"red": size}), "red02": (0, {"red01": size})}
    assert pushed.notices == ""
