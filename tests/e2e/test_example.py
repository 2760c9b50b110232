"""The example of the Python page does what it says."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from kuberry.api.bundle import lab_bundle
from kuberry.api.lab import lab_status
from kuberry.api.runs import load_run
from one_cluster import SET_UP_S, own_settings

EXAMPLE = Path(__file__).parents[2] / "examples/deploy_lab.py"


def test_the_example_deploys_and_cleans_up(lab_machine: None, tmp_path: Path) -> None:
    """One host: up, deployed and proven, reported, down again; the journal tells it once more."""
    settings = own_settings(tmp_path)
    asyncio.run(lab_bundle(settings=settings))
    done = subprocess.run(
        [sys.executable, EXAMPLE, "shown"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SET_UP_S,
        env=os.environ
        | {
            "KUBERRY_STATE_DIR": str(settings.state_dir),
            "KUBERRY_CONFIG_DIR": str(settings.config_dir),
            "KUBECONFIG": str(tmp_path / "kubeconfig"),
        },
    )
    kept = load_run(settings=settings)
    lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (0, "")
    assert lines[-3].startswith("shown: done")
    assert lines[-2].startswith("shown: done in ")
    assert lines[-1] == f"kuberry runs show {kept.run.id} tells it again"
    assert (kept.run.outcome, kept.run.hosts) == ("done", ("shown",))
    assert asyncio.run(lab_status(settings=settings)) is None
