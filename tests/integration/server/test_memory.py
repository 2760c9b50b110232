"""A server that goes on for weeks: what a run took of memory is given back."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import made_up as make
from kuberry.client.client import Client
from kuberry.clusters import Clusters
from kuberry.model.request import VerifyRequest
from one_cluster import own_settings
from real_server import start, stop

pytestmark = [pytest.mark.integration, pytest.mark.campaign, pytest.mark.timeout(1800)]
RUNS, WARM = 1000, 200
_MIB = 1024**2


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process has (proc(5), VmRSS)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith("VmRSS:"))
    return int(found.split()[1]) * 1024


def _run(client: Client) -> str:
    run = client.begin(VerifyRequest(command="verify", cluster="gone")).id
    for _ in client.events(run):
        pass
    return client.run(run).run.state


def test_memory_is_flat_over_a_thousand_runs(tmp_path: Path) -> None:
    """Each logs in to a port where nobody listens, is followed to its end, and leaves a report."""
    settings = own_settings(tmp_path)
    settings.inventory_file.parent.mkdir(parents=True)
    settings.inventory_file.write_text(
        f"hosts: {{gone: {{address: 127.0.0.1, port: {_closed_port()}}}}}\n"
    )
    cluster = make.cluster("gone").model_copy(update={"name": "gone"})
    Clusters(settings.clusters_dir).save(cluster)
    server = start(settings)
    told = []
    try:
        with server.ask() as client:
            for number in range(RUNS + 1):
                assert _run(client) == "ended"
                if number % 100 == 0:
                    told.append(_resident(server.process.pid))
    finally:
        stop(server)
    print("MiB at every hundredth run:", *(round(one / _MIB, 1) for one in told))  # noqa: T201 -- for the record

    warm = told[WARM // 100]
    assert told[-1] - warm < warm * 0.05
