"""The same cluster over HTTP: a server deploys it again and has it prove itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_shell import On
from kuberry.model.finding import Outcome
from kuberry.model.request import DeployRequest
from one_cluster import Deployed, own_settings
from real_server import RealServer, environment, start


@pytest.fixture
def server(deployed: Deployed, on: On) -> Iterator[RealServer]:
    """Give a server of the user who deployed the cluster."""
    one = start(deployed.settings)
    yield one
    one.process.send_signal(signal.SIGTERM)
    _, rest = one.process.communicate(timeout=60)
    assert (one.process.returncode, rest) == (0, "")


def test_a_server_deploys_and_the_cluster_proves_itself(
    deployed: Deployed, server: RealServer, on: On, tmp_path: Path
) -> None:
    """From Python what has drifted is put right; the same line, sent there, proves it all."""
    on("red02", "sudo ip route del 10.244.0.0/24")
    with server.ask() as client:
        plan = client.plan(DeployRequest(command="deploy"))
        run = client.begin(DeployRequest(command="deploy", verify="never"))
        kinds = [record.event.kind for record in client.events(run.id)]
        report = client.run(run.id).report
    done = subprocess.run(
        (sys.executable, "-m", "kuberry", "--server", server.url, "verify", "--output", "json"),
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(own_settings(tmp_path))
        | {"KUBERRY_TOKEN": server.token, "KUBERRY_SERVER_CA_FILE": server.authority},
        check=False,
    )

    assert plan.outcome == "done"
    assert (kinds[0], kinds[-1]) == ("run-started", "run-ended")
    assert "step-finished" in kinds
    assert report is not None
    assert (report.run, report.outcome) == (run.id, "done")
    assert {one.host for one in report.hosts if one.steps} == {"red02"}
    assert "10.244.0.0/24" in on("red02", "ip route")
    assert (done.returncode, done.stdout[:1]) == (0, "["), done.stderr
    probes = json.loads(done.stdout)
    assert {one["outcome"] for one in probes} <= {Outcome.OK, Outcome.ABSENT}
    assert len(probes) > 10
