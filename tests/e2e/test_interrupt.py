"""Ctrl-C, and worse, in the middle of a real deploy: the same line completes.

What it installs is a bundle of the user's own, with a network add-on of the user's own. And the
example of the Python page ends the same lab: its deploy then costs a look.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuberry.api.bundle import Wanted, create_bundle, lab_bundle, remove_bundle
from kuberry.api.lab import lab_down, lab_shell, lab_status, lab_up
from kuberry.api.runs import list_runs, load_run
from kuberry.api.verify import verify
from kuberry.model.document import RunDocument
from kuberry.model.finding import Outcome
from kuberry.model.run import EventRecord
from kuberry.settings import Settings
from one_cluster import own_settings
from own_bundle import ADD_ON, put_add_on, put_downloads

pytestmark = pytest.mark.xdist_group("reset")

EXAMPLE = Path(__file__).parents[2] / "examples/deploy_lab.py"
HOST = "stop"
BUNDLE = f"own-{os.getpid()}"
LINE = "interrupted; the same line goes on where this one stopped\n"
DEADLINE_S = 900
STOPS = (
    ("packages", signal.SIGINT, 130),
    ("put-kubelet", signal.SIGKILL, -signal.SIGKILL),
    ("init", signal.SIGTERM, 143),
)


@pytest.fixture
def lab(lab_machine: None, tmp_path: Path) -> Iterator[Settings]:
    """Give the settings of a lab of one host, and a bundle of a directory of downloads for it."""
    settings = own_settings(tmp_path)
    downloads = tmp_path / "downloads"
    put_downloads(asyncio.run(lab_bundle(settings=settings)), settings, downloads)
    put_add_on(downloads)
    create_bundle(Wanted("kubeadm", downloads, name=BUNDLE), settings=settings)
    try:
        asyncio.run(lab_up(HOST, settings=settings))
        yield settings
    finally:
        asyncio.run(lab_down(settings=settings))
        remove_bundle(BUNDLE, settings=settings)


def start(settings: Settings, *words: str | Path) -> subprocess.Popen[str]:
    """Run a program of ours as the user of this lab."""
    return subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ
        | {
            "KUBERRY_STATE_DIR": str(settings.state_dir),
            "KUBERRY_CONFIG_DIR": str(settings.config_dir),
            "KUBECONFIG": str(settings.state_dir / "kubeconfig"),
        },
    )


def begin(settings: Settings) -> subprocess.Popen[str]:
    """Type the line."""
    what = ("--bundle", BUNDLE, "--network", "manifest", "--verify", "never")
    return start(settings, "-m", "kuberry", "deploy", "--hosts", HOST, *what, "-o", "json")


def wait_for_unit(settings: Settings, step: str) -> None:
    """Wait until the host is at work at *step*."""
    look = f"systemctl list-units --plain --no-legend 'kuberry-step-{step}-*' | grep -q ' active '"
    words = (*lab_shell(HOST, settings=settings), "--", f"until {look}; do sleep 0.1; done")
    subprocess.run(words, check=True, capture_output=True, timeout=300)


def stop_in(
    settings: Settings, process: subprocess.Popen[str], step: str, number: signal.Signals
) -> tuple[str, str]:
    """Send the signal in the middle of *step*; return the result, and what was said to people."""
    words: list[str] = []
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stderr:
            if not line.startswith("{"):
                words.append(line)
                continue
            event = EventRecord.model_validate_json(line).event
            if event.kind == "step-started" and event.step == step:
                if number is not signal.SIGKILL:
                    wait_for_unit(settings, step)
                process.send_signal(number)
        return process.stdout.read(), "".join(words)


def until_free(settings: Settings) -> None:
    """Wait until the host has seen that the holder of its lock is dead."""
    look = "sudo sh -c 'exec 9>>/run/kuberry.lock; flock --wait 60 9'"
    words = (*lab_shell(HOST, settings=settings), "--", look)
    subprocess.run(words, check=True, capture_output=True, timeout=90)


def unfinished(settings: Settings, run: str) -> list[str]:
    """Return the steps under way when the run ended, as its report says."""
    text = (settings.reports_dir / f"{run}.json").read_text("utf-8")
    steps = RunDocument.model_validate_json(text).hosts[0].steps
    return [step.id for step in steps if step.state == "unfinished"]


def test_the_same_line_completes_after_every_interruption(lab: Settings) -> None:
    """Stopped in dpkg, killed on its way with a program, stopped in kubeadm init, done, unchanged.

    A stopped run says one line and gives no result; the journal knows it, and its report names the
    step; what had begun on the host goes on, and the next run waits for it.
    """
    for step, number, code in STOPS:
        process = begin(lab)
        result, said = stop_in(lab, process, step, number)
        (run, *_) = list_runs(settings=lab)
        line = "" if number is signal.SIGKILL else LINE

        assert (process.returncode, said, result) == (code, line, ""), step
        assert (run.state, load_run(run.id, settings=lab).report) == ("interrupted", None)
        if number is signal.SIGKILL:
            until_free(lab)
        else:
            assert unfinished(lab, run.id) == [step]
    reports = []
    for _ in range(2):
        process = begin(lab)
        output, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, errors
        reports.append(json.loads(output))

    done = [step["id"] for step in reports[0]["hosts"][0]["steps"]]

    assert [one["outcome"] for one in reports] == ["done", "unchanged"]
    assert not {"packages", "put-kubelet", "init"} & set(done)
    _assert_the_network_is_the_users(lab)
    _assert_the_example_is_true(lab)


def _assert_the_network_is_the_users(settings: Settings) -> None:
    """Pods live on the add-on's network, and the cluster proves itself."""
    results = asyncio.run(verify(settings=settings))
    words = (*lab_shell(HOST, settings=settings), "--", "sudo ls /etc/cni/net.d")
    configuration = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)

    assert [one for one in results if one.outcome is Outcome.FAIL] == []
    assert "network.routes" not in {one.id for one in results if one.outcome is Outcome.OK}
    assert {one.outcome for one in results if one.id == "system.pods"} == {Outcome.OK}
    assert configuration.stdout.split() == [f"10-{ADD_ON}.conflist"]


def _assert_the_example_is_true(settings: Settings) -> None:
    """It brings the host up, makes it a cluster, says how it ended and takes the host down."""
    with start(settings, EXAMPLE, HOST) as process:
        output, errors = process.communicate(timeout=DEADLINE_S)
    kept = load_run(settings=settings)

    assert (process.returncode, errors) == (0, "")
    assert output.splitlines()[-3:] == [
        f"{HOST}: unchanged ",
        f"{HOST}: unchanged in {kept.report.duration_s:.0f} s" if kept.report else "",
        f"kuberry runs show {kept.run.id} tells it again",
    ]
    assert asyncio.run(lab_status(settings=settings)) is None
