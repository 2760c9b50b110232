"""A file brought to real hosts at a speed that leaves time to break something on the way."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import secrets
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.lab.names import Names
from kuberry.model.bundle import Binary
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import AnyEvent, ArtifactArrived, Notice, StepProgress
from kuberry.model.host import Host
from kuberry.model.lab import LabState
from kuberry.model.plan import FanOut, HostPlan, Plan, PutArtifact
from kuberry.model.report import HostReport
from kuberry.transports.pool import connect_all

MIB = 1024 * 1024
AGENT = b"python3\0-I\0-c\0\nimport sys, types"
TARGET = "/opt/kuberry-cargo"


@dataclasses.dataclass(frozen=True, slots=True)
class Cargo:
    """A file that all hosts are to have."""

    path: Path
    artifact: Binary

    @property
    def size(self) -> int:
        """Return its bytes."""
        return self.artifact.size_bytes

    @classmethod
    def made(cls, directory: Path, size: int) -> Cargo:
        """Return a file of random bytes, that nobody has seen before."""
        data = secrets.token_bytes(size)
        path = directory / "cargo"
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        words = {"name": "cargo", "version": "1", "architecture": "any"}
        artifact = Binary.model_validate(words | {"sha256": digest, "size_bytes": size})
        return cls(path, artifact)


class Pushing:
    """A file on its way to hosts, and what is said of it.

    Attributes:
        reports: How hosts ended, once they have.
    """

    def __init__(self) -> None:
        self.reports: tuple[HostReport, ...] = ()
        self._events: list[AnyEvent] = []
        self._changed = asyncio.Event()

    def emit(self, event: AnyEvent) -> None:
        """Take an event."""
        self._events.append(event)
        self._changed.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until what was said makes it so."""
        async with asyncio.timeout(60):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    async def until_came(self, host: str, size: int) -> None:
        """Wait until so many bytes have come to a host."""
        await self.until(lambda: self.came(host) >= size)

    def came(self, host: str) -> int:
        """Return how many bytes have come to a host."""
        steps = (one for one in self._events if isinstance(one, StepProgress))
        return sum(one.bytes_sent for one in steps if one.host == host)

    @property
    def endings(self) -> list[tuple[str, str]]:
        """Return how hosts ended, and why."""
        return [(one.ending, one.message) for one in self.reports]

    @property
    def givers(self) -> dict[str, dict[str, int]]:
        """Return by host who gave it how many bytes; this machine has no name."""
        return {
            one.host: {"": one.from_controller_bytes, **one.from_hosts_bytes}
            for one in self._events
            if isinstance(one, ArtifactArrived)
        }

    @property
    def notices(self) -> str:
        """Return what the user was told."""
        said = (one for one in self._events if isinstance(one, Notice))
        return "\n".join(f"{one.host} {one.message}" for one in said)


async def push(
    hosts: Sequence[Host],
    cargo: Cargo,
    meanwhile: Callable[[Pushing], Awaitable[None]] | None = None,
    *,
    fan_out: FanOut = "chain",
) -> Pushing:
    """Bring *cargo* to all *hosts*, with *meanwhile* done beside it."""
    step = PutArtifact(id="put", title="put", artifact=cargo.artifact, path=TARGET)
    plans = tuple(HostPlan(host=one.name, steps=(step,)) for one in hosts)
    pushing = Pushing()
    async with connect_all(hosts, ConnectOptions()) as connections, asyncio.TaskGroup() as group:
        means = Means(
            transports={one.host.name: one for one in connections.transports},
            reconnect={},
            fetch=lambda _artifact: cargo.path,
            emit=pushing.emit,
            fan_out=fan_out,
        )
        if meanwhile:
            group.create_task(_bounded(meanwhile(pushing)))
        pushing.reports = await execute(Plan(title="push", hosts=plans), means)
    return pushing


async def _bounded(work: Awaitable[None]) -> None:
    async with asyncio.timeout(60):
        await work


def sent_bytes(lab: LabState) -> int:
    """Return what this machine has sent into the lab's network, by its own counter."""
    link = Names(lab.lab_id).bridge
    return int(Path(f"/sys/class/net/{link}/statistics/tx_bytes").read_text())


@contextlib.contextmanager
def shaped(link: str, mbit: int) -> Iterator[None]:
    """Have *link* send no more than so many megabits a second."""
    shape = ("root", "tbf", "rate", f"{mbit}mbit", "burst", "128k", "latency", "50ms")
    subprocess.run(("tc", "qdisc", "replace", "dev", link, *shape), check=True)
    try:
        yield
    finally:
        subprocess.run(("tc", "qdisc", "del", "dev", link, "root"), check=True)


@contextlib.asynccontextmanager
async def rules(lab: LabState, host: str, *lines: str) -> AsyncIterator[None]:
    """Have a host's packets go through rules of ours on their way in."""
    enter = (*_inside(lab, host), "nft")
    chain = ("type filter hook input priority 0; policy accept;", *lines, "}", "}", "")
    text = "\n".join(("table inet pushing {", "chain in {", *chain))
    subprocess.run((*enter, "-f", "-"), input=text, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run((*enter, "delete table inet pushing"), check=True)


def listeners(lab: LabState, *hosts: str) -> dict[str, list[str]]:
    """Return by host where something but sshd listens."""
    return {host: _listeners(lab, host) for host in hosts}


def _listeners(lab: LabState, host: str) -> list[str]:
    words = (*_inside(lab, host), "ss", "-Hltn")
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    places = [line.split()[3] for line in told.splitlines()]
    return [one for one in places if not one.endswith(":22")]


def agent(lab: LabState, host: str) -> int:
    """Return the process, as this machine numbers it, that passes artifacts on at a host."""
    network = Names(lab.lab_id).netns(host).stat().st_ino
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_agent = AGENT in (process / "cmdline").read_bytes()
            if is_agent and (process / "ns/net").stat().st_ino == network:
                return int(process.name)
    raise AssertionError(f"no agent on {host}")


def _inside(lab: LabState, host: str) -> tuple[str, str]:
    return ("nsenter", f"--net={Names(lab.lab_id).netns(host)}")
