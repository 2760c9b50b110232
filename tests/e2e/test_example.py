"""The example of the Python page, run on the cluster that the tests share: it ends it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster_shell import On
from kuberry.api.lab import lab_status
from kuberry.api.runs import load_run
from one_cluster import HOSTS, Deployed

EXAMPLE = Path(__file__).parents[2] / "examples/deploy_lab.py"
DEADLINE_S = 600


@pytest.mark.last
def test_the_example_says_how_it_ended_and_takes_the_lab_down(deployed: Deployed, on: On) -> None:
    """The hosts are up and the cluster is whole, so its deploy costs a look; then all is gone."""
    settings = deployed.settings
    own = {
        "KUBERRY_STATE_DIR": str(settings.state_dir),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
        "KUBECONFIG": str(settings.kubeconfig),
    }
    done = subprocess.run(
        [sys.executable, EXAMPLE, HOSTS],
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    kept = load_run(settings=settings)

    assert (done.returncode, done.stderr) == (0, "")
    assert kept.report is not None
    assert done.stdout.splitlines()[-5:] == [
        *(f"{host}: unchanged " for host in ("red", "red01", "red02")),
        f"{deployed.cluster.name}: unchanged in {kept.report.duration_s:.0f} s",
        f"kuberry runs show {kept.run.id} tells it again",
    ]
    assert asyncio.run(lab_status(settings=settings)) is None
