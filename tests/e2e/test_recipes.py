"""Data science on a real cluster: the two recipes of the manual, with answers known beforehand."""

from __future__ import annotations

import math
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_shell import On
from kuberry.cli.main import main
from one_cluster import NAMES, Deployed

EXAMPLES = Path(__file__).parents[2] / "examples"
NAME = "kuberry-test"
IMAGE = f"localhost/kuberry/{NAME}:1"
PATIENCE = ("--timeout", "300")


@pytest.fixture
def here(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Have all hosts of the shared cluster know the image, and this process mean the cluster."""
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(deployed.settings.state_dir))
    monkeypatch.setenv("KUBERRY_CONFIG_DIR", str(deployed.settings.config_dir))
    monkeypatch.setenv("KUBECONFIG", str(deployed.settings.kubeconfig))
    monkeypatch.chdir(tmp_path)
    name = deployed.cluster.name
    assert main(["image", "build", NAME]) == 0
    assert main(["deploy", "--name", name, "--images", NAME, "--verify", "never"]) == 0
    yield tmp_path
    assert main(["deploy", "--name", name, "--images", "none", "--verify", "never"]) == 0


def _lines(example: Path) -> list[list[str]]:
    """Return the lines that the example says to type."""
    text = example.read_text().split('"""')[1]
    return [shlex.split(line) for line in text.splitlines() if line.startswith(("kuberry", "py"))]


def _follow(example: Path) -> str:
    """Type the lines of the example, and return what the last one says."""
    said = ""
    for words in _lines(example):
        line = [str(EXAMPLES.parent / one) if one.startswith("examples/") else one for one in words]
        if line[0] == "python3":
            done = subprocess.run([sys.executable, *line[1:]], capture_output=True, check=True)
            said = done.stdout.decode()
            continue
        more = {"submit": ("--image", IMAGE), "wait": PATIENCE}.get(line[2], ())
        assert main([*line[1:3], *more, *line[3:]]) == 0, line
    return said


def test_an_array_throws_points_until_pi_is_known(here: Path) -> None:
    """Twelve million points: the error is 0.0005, and six times that is never seen."""
    assert abs(float(_follow(EXAMPLES / "pi.py")) - math.pi) < 0.003
    assert len(list(here.glob("pi/*/part.json"))) == 6
    assert main(["job", "cancel", "pi"]) == 0


def test_a_search_finds_the_best_parameter(here: Path, on: On) -> None:
    """As it does on one machine; every host has the image."""
    penalty, score = _follow(EXAMPLES / "search.py").split()
    there = {name: on(name, "sudo ctr -n k8s.io images list -q").split() for name in NAMES}

    assert (float(penalty), float(score)) == (1.0, 0.9722)
    assert all(IMAGE in images for images in there.values())
    assert main(["job", "cancel", "search"]) == 0
