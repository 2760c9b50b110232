"""The line that users of cloudmesh type, to the letter, on the real cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cms_here import install, terminal
from kuberry.settings import Settings
from one_cluster import Deployed


@pytest.mark.usefixtures("on")
def test_the_line_to_the_letter(deployed: Deployed, tmp_path: Path) -> None:
    """It means the cluster that is there: all is well, nothing is to do, exit code 0."""
    state, config = deployed.settings.state_dir, deployed.settings.config_dir
    cms = terminal(install(tmp_path), tmp_path / "home", state, config)
    cms.environment["KUBERRY_CACHE_DIR"] = str(Settings().cache_dir)  # with the lab's bundle
    line = ("pi", "cluster", "deploy", "kubernetes", "--hosts", "red,red[01-red02]")
    again = cms(*line)
    told = cms("pi", "cluster", "status", "--hosts", "red,red[01-red02]", "--output", "json")

    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to do" in again.stdout
    assert told.returncode == 0, told.stderr
    assert [one["host"] for one in json.loads(told.stdout)["hosts"]] == ["red", "red01", "red02"]
