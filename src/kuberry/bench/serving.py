"""The server against the least that FastAPI can do, and how late its events are."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2

from kuberry.bench.figures import Sample
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import load
from kuberry.errors import CommandFailed
from kuberry.journal.keep import keep_run
from kuberry.model.cluster import Cluster
from kuberry.model.event import Notice
from kuberry.model.run import EventRecord

ROUTES = ("/v1/runs", "/v1/runs/last")
REQUESTS = 300
"""For each route."""
FOLLOWERS = 50
EVENTS = 200
ALLOWED_S = 0.25
_FILES = ("list.json", "run.json")
_PAUSE_S = 0.05
_RUNS = 20
_END_S = 60.0
_WARM = 20
_CLUSTER = Cluster(
    name="bench",
    hosts=("red",),
    control_plane="red",
    control_plane_rule="given",
    version="v1.20.2",
    bundle="none",
)


def prepare(place: Place) -> None:
    """Have a journal with some runs, and what the server answers of them as files for the other."""
    for _ in range(_RUNS):
        asyncio.run(_told(place, events=5, pause_s=0.0))
    with _ours(place) as client:
        for file, route in zip(_FILES, ROUTES, strict=True):
            place.directory.joinpath(file).write_bytes(client.get(route).raise_for_status().content)


def ours(place: Place) -> Sample:
    """Measure our server."""
    with _ours(place) as client:
        return _asked(client)


def theirs(place: Place) -> Sample:
    """Measure the bare routes."""
    files = (str(place.directory / file) for file in _FILES)
    words = (sys.executable, str(place.peers / "bare.py"), *files)
    with (
        _serving(words, 1) as said,
        httpx2.Client(base_url=said[0].split()[-1], timeout=_END_S) as client,
    ):
        return _asked(client)


def delay(place: Place) -> Sample:
    """Measure how late events are at most, but for one in a hundred, with many who follow."""
    with _ours(place) as client:
        late = asyncio.run(_followed(place, client))
    wanted = FOLLOWERS * EVENTS
    fault = "" if len(late) == wanted else f"{len(late)} of {wanted} events came"
    percentile = statistics.quantiles(late, n=100)[98] if len(late) > 1 else 0.0
    return Sample(seconds=round(percentile, 4), load=load(), fault=fault)


def allowed(_place: Place) -> Sample:
    """Return what we allow ourselves."""
    return Sample(seconds=ALLOWED_S, load=load())


def _asked(client: httpx2.Client) -> Sample:
    for route in ROUTES * _WARM:
        client.get(route)
    before, began = load(), time.monotonic()
    failed = 0
    for route in ROUTES * REQUESTS:
        failed += not client.get(route).is_success
    seconds = time.monotonic() - began
    fault = f"{failed} requests failed" if failed else ""
    return Sample(seconds=round(seconds, 4), load=before, fault=fault)


async def _followed(place: Place, client: httpx2.Client) -> list[float]:
    """Return the seconds from each event to each follower, by the clock of this machine."""
    late: list[float] = []
    ready = asyncio.Semaphore(0)
    limits = httpx2.Limits(max_connections=FOLLOWERS)
    async with httpx2.AsyncClient(
        base_url=client.base_url, headers=client.headers, limits=limits, timeout=_END_S
    ) as followers:

        async def follow() -> None:
            async with followers.stream("GET", "/v1/events") as answer:
                ready.release()
                async for line in answer.aiter_lines():
                    if not line.startswith("data: "):
                        continue
                    now = datetime.now(UTC)
                    record = EventRecord.model_validate_json(line[6:])
                    if record.event.kind == "run-ended":
                        return
                    if record.event.kind == "notice":
                        late.append((now - record.time).total_seconds())

        async with asyncio.timeout(_END_S), asyncio.TaskGroup() as group:
            for _ in range(FOLLOWERS):
                group.create_task(follow())
            for _ in range(FOLLOWERS):
                await ready.acquire()
            await _told(place, events=EVENTS, pause_s=_PAUSE_S)
    return late


async def _told(place: Place, *, events: int, pause_s: float) -> None:
    """Keep a run as a command line keeps it, with so many events."""
    async with keep_run(place.settings.journal_file, "verify", _CLUSTER) as run:
        for number in range(events):
            run.emit(Notice(message=f"event {number}"))
            await asyncio.sleep(pause_s)


@contextmanager
def _ours(place: Place) -> Iterator[httpx2.Client]:
    words = place.kuberry("serve", "--plain", "--port", "0", "--new-admin-token")
    with _serving(words, 2) as said:
        token = {"Authorization": f"Bearer {said[1].split()[-1]}"}
        with httpx2.Client(base_url=said[0].split()[-1], headers=token, timeout=_END_S) as client:
            yield client


@contextmanager
def _serving(words: Sequence[str], lines: int) -> Iterator[list[str]]:
    """Run a server and give the first *lines* it says; it is ended with SIGTERM.

    Raises:
        CommandFailed: It ends before it has said so much.
    """
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)  # noqa: S603 -- our own words
    try:
        assert process.stderr is not None  # noqa: S101 -- a pipe was asked for
        said = [process.stderr.readline().strip() for _ in range(lines)]
        if not said[-1]:
            words_of = " ".join(words)
            raise CommandFailed(
                "the server does not serve", command=words_of, exit_status=-1, stderr=said[0]
            )
        yield said
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_END_S)
        process.kill()
