"""Jobs on a real Kubernetes that knows no arrays: they run, come back, and say what is wrong."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster_shell import KUBECTL, On
from kuberry.api.job import Jobs
from kuberry.cli.main import main
from kuberry.model.bundle import PROBE_IMAGE
from kuberry.model.job import JobStatus, JobWish
from kueue_server import RELEASE
from one_cluster import Deployed

SMALL = ("--cpus", "50m", "--memory", "32Mi")
SQUARE = """
echo "task $KUBERRY_INDEX of $1"
mkdir -p "$KUBERRY_OUTPUT/in"
echo $((KUBERRY_INDEX * KUBERRY_INDEX)) >"$KUBERRY_OUTPUT/in/square"
"""


@pytest.fixture
def here(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have commands of this process mean the shared cluster."""
    monkeypatch.setenv("KUBERRY_STATE_DIR", str(deployed.settings.state_dir))
    monkeypatch.setenv("KUBERRY_CONFIG_DIR", str(deployed.settings.config_dir))
    return tmp_path


def _tasks(text: str) -> dict[str, Any]:
    """Return the first task of each job of a list."""
    return {one["wish"]["name"]: one["tasks"][0] for one in json.loads(text)["jobs"]}


def test_an_array_runs_and_its_results_come_back(
    here: Path, on: On, capfd: pytest.CaptureFixture[str]
) -> None:
    """A script travels, each index computes, results lie here by index, and nothing stays there."""
    (here / "square.sh").write_text(SQUARE)
    words = ("--", str(here / "square.sh"), "a $(HOME) b")
    line = ["job", "submit", "--name", "squares", "--array", "2-5", *SMALL, *words]
    codes = [main(line), main(line), main(["job", "wait", "squares", "--timeout", "120"])]
    fetched = main(["job", "results", "squares", "--to", str(here / "r"), "-o", "json"])
    capfd.readouterr()
    told = main(["job", "logs", "squares"])
    said = capfd.readouterr().out
    gone = main(["job", "cancel", "squares"])

    assert (codes, fetched, told, gone) == ([0, 0, 0], 0, 0, 0)
    squares = {int(one.parts[-3]): int(one.read_text()) for one in here.glob("r/*/in/square")}
    assert squares == {2: 4, 3: 9, 4: 16, 5: 25}
    assert all(f"task {index} of a $(HOME) b" in said for index in squares)
    for host in ("red01", "red02"):
        assert on(host, "sudo ls /var/lib/kuberry/jobs 2>/dev/null || true").split() == []
    assert main(["job", "wait", "squares"]) == 2


def test_a_program_has_a_handle_of_what_it_submits(deployed: Deployed) -> None:
    """To wait for its end, which here is a failure that was tried twice, and to take it away."""
    words = ("sh", "-c", "exit 7")
    wish = JobWish(
        name="seven", command=words, image=PROBE_IMAGE, cpus="50m", memory="32Mi", retries=1
    )

    async def go() -> JobStatus:
        job = await Jobs(settings=deployed.settings).submit(wish)
        try:
            return await job.wait(timeout_s=90)
        finally:
            await job.cancel()

    (task,) = asyncio.run(go()).tasks
    assert (task.state, task.exit_status, task.attempts) == ("failed", 7, 2)
    assert "exit status 7" in task.why


def test_what_goes_wrong_is_said(here: Path, on: On, capfd: pytest.CaptureFixture[str]) -> None:
    """Too much memory, too long, no such image, no room: each with its why."""
    wrong = {
        "memory": ["--", "tail", "/dev/zero"],
        "time": ["--time-limit", "1", "--", "sleep", "60"],
        "image": ["--image", "registry.invalid/no/such:1", "--", "true"],
        "room": ["--cpus", "999", "--", "true"],
    }
    for name, words in wrong.items():
        assert main(["job", "submit", "--name", name, *SMALL, *words]) == 0
    patience = {"image": "5", "room": "1"}  # these wait for ever
    codes = {
        name: main(["job", "wait", name, "--timeout", patience.get(name, "90")]) for name in wrong
    }
    capfd.readouterr()
    main(["job", "list", "-o", "json"])
    tasks = _tasks(capfd.readouterr().out)
    for name in wrong:
        assert main(["job", "cancel", name]) == 0

    assert codes == {"memory": 5, "time": 5, "image": 6, "room": 6}
    assert "OOMKilled" in tasks["memory"]["why"]
    assert "DeadlineExceeded" in tasks["time"]["why"]
    assert "Image" in tasks["image"]["why"]
    assert "Insufficient cpu" in tasks["room"]["why"]
    heads = f"{KUBECTL} -n kuberry-jobs get configmaps -l kuberry.internal/job -o name"
    assert on("red", heads) == ""


def test_a_queue_is_refused_where_kueue_does_not_run(
    here: Path, on: On, capfd: pytest.CaptureFixture[str]
) -> None:
    """With both versions, and with and without a release of Kueue; nothing was applied."""
    release = here / "manifests.yaml"
    release.write_text(yaml.safe_dump_all(RELEASE))
    objects = f"{KUBECTL} get crd,namespaces,deployments -A -o name"
    labels = f"{KUBECTL} get nodes -o jsonpath='{{.items[*].metadata.labels}}'"
    before = on("red", f"{objects}; {labels}")
    lines = (["install", str(release)], ["install"], ["install", str(release), "--dry-run"])
    codes = [main(["queue", *line]) for line in lines]
    said = capfd.readouterr().err
    status = main(["queue", "status"])

    assert codes == [3, 3, 3]
    assert said.count("Kueue needs Kubernetes 1.29 or newer, and this cluster has 1.20") == 3
    assert (status, capfd.readouterr().out) == (0, "this cluster has no Kueue\n")
    assert "namespace/kube-system" in before
    assert "kubernetes.io/hostname" in before
    assert on("red", f"{objects}; {labels}") == before
