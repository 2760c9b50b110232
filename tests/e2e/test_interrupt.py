"""A card becomes a cluster, though its line is stopped by Ctrl-C and worse; then a card again.

The host is dressed as a Raspberry Pi. What is installed is a bundle of the user's own, with a
network add-on of the user's own: one deploy from the bare host serves all of this.
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
from kuberry.api.deploy import deploy, plan
from kuberry.api.lab import lab_down, lab_shell, lab_up
from kuberry.api.reset import reset
from kuberry.api.runs import list_runs, load_run
from kuberry.api.verify import verify
from kuberry.model.document import RunDocument
from kuberry.model.event import AnyEvent, Event, Notice
from kuberry.model.finding import Outcome, Severity
from kuberry.model.lab import LabShape
from kuberry.model.plan import Reboot
from kuberry.model.run import EventRecord
from kuberry.settings import Settings
from one_cluster import own_settings
from own_bundle import ADD_ON, put_add_on, put_downloads

pytestmark = pytest.mark.xdist_group("reset")

HOST = "stop"
CARD = "/boot/firmware/cmdline.txt"
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
    """Give the settings of a lab of one Raspberry Pi, and a bundle of downloads for it."""
    settings = own_settings(tmp_path)
    downloads = tmp_path / "downloads"
    put_downloads(asyncio.run(lab_bundle(settings=settings)), settings, downloads)
    put_add_on(downloads)
    create_bundle(Wanted("kubeadm", downloads, name=BUNDLE), settings=settings)
    try:
        shape = LabShape(os="debian12", dress="raspberry-pi-os-12")
        asyncio.run(lab_up(HOST, shape=shape, settings=settings))
        yield settings
    finally:
        asyncio.run(lab_down(settings=settings))
        remove_bundle(BUNDLE, settings=settings)


def begin(settings: Settings) -> subprocess.Popen[str]:
    """Type the line as the user of this lab."""
    what = ("--bundle", BUNDLE, "--network", "manifest", "--verify", "never")
    return subprocess.Popen(
        [sys.executable, "-m", "kuberry", "deploy", "--hosts", HOST, *what, "-o", "json"],
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


def on_host(settings: Settings, text: str, timeout_s: float = 60) -> str:
    """Run shell text on the host by OpenSSH, and return what it says."""
    words = (*lab_shell(HOST, settings=settings), "--", text)
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=timeout_s)
    return done.stdout


def wait_for_unit(settings: Settings, step: str) -> None:
    """Wait until the host is at work at *step*."""
    look = f"systemctl list-units --plain --no-legend 'kuberry-step-{step}-*' | grep -q ' active '"
    on_host(settings, f"until {look}; do sleep 0.1; done", timeout_s=300)


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
    on_host(settings, "sudo sh -c 'exec 9>>/run/kuberry.lock; flock --wait 60 9'", timeout_s=90)


def document(settings: Settings, run: str) -> RunDocument:
    """Return what the report of *run* says."""
    text = (settings.reports_dir / f"{run}.json").read_text("utf-8")
    return RunDocument.model_validate_json(text)


def unfinished(settings: Settings, run: str) -> list[str]:
    """Return the steps under way when the run ended, as its report says."""
    steps = document(settings, run).hosts[0].steps
    return [step.id for step in steps if step.state == "unfinished"]


def test_a_line_that_is_stopped_thrice_makes_a_cluster_of_a_card_and_a_card_of_it(
    lab: Settings,
) -> None:
    """Stopped in dpkg, killed on its way with a program, stopped in kubeadm init, done, unchanged.

    The memory controller is off: the first line boots the host, and a reset puts the card back.
    A stopped run says one line and gives no result; the journal knows it, and its report names the
    step; what had begun on the host goes on, and the next run waits for it.
    """
    before = on_host(lab, f"cat {CARD}")
    _assert_a_boot_is_planned_and_nothing_is_done(lab, before)
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
    _assert_prepared_first(lab)
    process = begin(lab)
    output, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, errors
    report = json.loads(output)
    assert report["outcome"] == "done"
    assert not {"packages", "put-kubelet", "init"} & {
        step["id"] for step in report["hosts"][0]["steps"]
    }
    assert asyncio.run(deploy(settings=lab)).outcome == "unchanged"  # its wish is remembered
    _assert_the_network_is_the_users(lab)
    _assert_reset_puts_the_card_back(lab, before)


def _assert_a_boot_is_planned_and_nothing_is_done(settings: Settings, before: str) -> None:
    dry = asyncio.run(plan(HOST, settings=settings))

    assert dry.prepare is not None
    assert [one.id for host in dry.prepare.hosts for one in host.steps if isinstance(one, Reboot)]
    assert [one.code for one in dry.findings if one.severity is Severity.ERROR] == []
    assert on_host(settings, f"cat {CARD}") == before


def _assert_prepared_first(settings: Settings) -> None:
    """The first of the stopped runs made the host fit, and only then began to install."""
    first = list_runs(settings=settings)[-1]
    told = document(settings, first.id)

    assert len(told.plans) == 2
    assert {step.plan for step in told.hosts[0].steps} == {0, 1}


def _assert_the_network_is_the_users(settings: Settings) -> None:
    """Pods live on the add-on's network, and the cluster proves itself."""
    results = asyncio.run(verify(settings=settings))

    assert [one for one in results if one.outcome is Outcome.FAIL] == []
    assert "network.routes" not in {one.id for one in results if one.outcome is Outcome.OK}
    assert {one.outcome for one in results if one.id == "system.pods"} == {Outcome.OK}
    assert on_host(settings, "sudo ls /etc/cni/net.d").split() == [f"10-{ADD_ON}.conflist"]


def _assert_reset_puts_the_card_back(settings: Settings, before: str) -> None:
    """It is as it was, and people are told that this comes true with the next boot."""
    said: list[AnyEvent] = []

    def emit(event: Event) -> None:
        said.append(event)

    gone = asyncio.run(reset(settings=settings, emit=emit))
    told = [one.host for one in said if isinstance(one, Notice) and "next boot" in one.message]

    assert gone.outcome == "done", gone.model_dump_json(indent=2)
    assert on_host(settings, f"cat {CARD}") == before
    assert told == [HOST]
