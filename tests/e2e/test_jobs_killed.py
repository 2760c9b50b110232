"""Five hundred tasks, and every process of ours killed again and again: none is lost."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from one_cluster import Deployed
from real_server import environment

pytestmark = pytest.mark.campaign
COUNT = 500
LINE = ("job", "submit", "--name", "lost", "--array", f"1-{COUNT}", "--cpus", "100m")
TASK = ("--memory", "16Mi", "--", "sh", "-c", "echo $KUBERRY_INDEX >$KUBERRY_OUTPUT/index")
_ENOUGH_S = 1800
Kuberry = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kuberry(deployed: Deployed, tmp_path: Path) -> Kuberry:
    """Give a function that runs kuberry, and kills it after some seconds where it is told so."""

    def run(*words: str, kill_after_s: float = 0) -> subprocess.CompletedProcess[str]:
        line = (sys.executable, "-m", "kuberry", *words)
        with subprocess.Popen(
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | environment(deployed.settings),
        ) as process:
            try:
                output, errors = process.communicate(timeout=kill_after_s or _ENOUGH_S)
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
        return subprocess.CompletedProcess(line, process.returncode, output, errors)

    return run


def _status(kuberry: Kuberry) -> Any:
    found = json.loads(kuberry("job", "list", "--output", "json").stdout)["jobs"]
    return next((one for one in found if one["wish"]["name"] == "lost"), None)


def _missing(status: Any) -> int:
    return sum(one["state"] == "missing" for one in status["tasks"]) if status else COUNT


def test_no_task_is_lost(kuberry: Kuberry, tmp_path: Path) -> None:
    """SIGKILL in the middle of submitting, waiting and fetching; the same lines complete it all."""
    chance, left = random.Random(7), [COUNT]  # noqa: S311 -- moments to strike, the same each time
    for _ in range(8):
        kuberry(*LINE, *TASK, kill_after_s=chance.uniform(0.8, 2.0))
        left.append(_missing(_status(kuberry)))
    submitted = kuberry(*LINE, *TASK)
    for _ in range(5):
        kuberry("job", "wait", "lost", kill_after_s=chance.uniform(1, 4))
    waited = kuberry("job", "wait", "lost", "--output", "json")
    for _ in range(5):
        kuberry("job", "results", "lost", kill_after_s=chance.uniform(1, 4))
    fetched = kuberry("job", "results", "lost")
    status = _status(kuberry)
    said = [int((tmp_path / f"lost/{one}/index").read_text()) for one in range(1, COUNT + 1)]
    cancelled = kuberry("job", "cancel", "lost")

    assert any(0 < one < COUNT for one in left), left  # it was struck in the middle
    assert (submitted.returncode, waited.returncode) == (0, 0), submitted.stderr + waited.stderr
    assert (fetched.returncode, cancelled.returncode) == (0, 0), fetched.stderr
    assert said == list(range(1, COUNT + 1))
    assert {one["state"] for one in status["tasks"]} == {"succeeded"}
