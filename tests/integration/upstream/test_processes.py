"""`kuberry bundle create` as real processes: killed, interrupted, several at once, offline."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry.bundles.store import Store
from kuberry.cli.exits import Exit
from kuberry.settings import Settings
from mirror import Mirror
from published import K3S, k3s_release

pytestmark = pytest.mark.integration

PROGRAM = k3s_release(K3S, "k3s-arm64")
WORDS = ("bundle", "create", "--version", K3S, "--architecture", "arm64")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts kuberry with the settings of the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str, **changes: str) -> subprocess.Popen[str]:
        own = {
            "KUBERRY_CACHE_DIR": str(settings.cache_dir),
            "KUBERRY_STATE_DIR": str(tmp_path),
            "KUBERRY_UPSTREAM_MIRROR": settings.upstream_mirror or "",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "kuberry", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **own, **changes},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_ended_download_is_gone_on_with(
    start: Start, mirror: Mirror, settings: Settings, number: signal.Signals
) -> None:
    """However the first process ends, the next one asks for the rest only."""
    mirror.faults[PROGRAM] = ["hold"]
    first = start(*WORDS)
    assert mirror.held.wait(30)
    part = settings.downloads_dir
    while not any(one.stat().st_size for one in part.glob("*.part")):
        assert first.poll() is None
        time.sleep(0.02)
    first.send_signal(number)
    first.communicate(timeout=20)

    _, errors = (again := start(*WORDS)).communicate(timeout=60)

    assert (again.returncode, first.returncode != 0) == (0, True), errors
    store = Store(settings.bundles_dir)
    assert store.faults(store.load("k3s-v1.36.3-k3s1")) == ()
    assert mirror.gets("k3s-arm64")[1].range not in (None, "bytes=0-")


def test_two_at_once_download_each_file_once(start: Start, mirror: Mirror) -> None:
    """The second waits, says for whom, and finds what the first has brought."""
    processes = [start(*WORDS), start(*WORDS)]
    said = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    assert len(mirror.gets("k3s-arm64")) == 1
    assert len(mirror.gets(".tar.zst")) == 1


def test_for_programs_events_are_lines_and_the_bundle_is_json(start: Start) -> None:
    """Standard output is one document; every event on standard error is one of docs/events.md."""
    process = start(*WORDS, "--output", "json")
    out, errors = process.communicate(timeout=60)
    events = [json.loads(line)["event"] for line in errors.splitlines()]

    assert json.loads(out)["name"] == "k3s-v1.36.3-k3s1"
    assert json.loads(out)["architectures"] == ["arm64"]
    assert {"phase", "download-progress"} <= {one["kind"] for one in events}


def test_for_people_each_file_is_a_line(start: Start) -> None:
    """What is to come, then what has come."""
    process = start(*WORDS)
    out, errors = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "k3s v1.36.3+k3s1 for arm64: downloading 4 files" in errors
    assert "arm64/k3s is here" in errors
    assert "k3s-v1.36.3-k3s1" in out


@pytest.mark.parametrize(
    ("words", "changes", "code", "said"),
    [
        (("--version", "stable"), {"KUBERRY_UPSTREAM_MIRROR": "http://127.0.0.1:1"},
         Exit.CONNECTION, "update.k3s.io) cannot be reached"),
        (("--version", "v1.99"), {}, Exit.USAGE, "there are: stable (v1.36.3+k3s1)"),
        (("--architecture", "sparc"), {}, Exit.USAGE, "'sparc' is no architecture"),
        (("--distribution", "k0s"), {}, Exit.USAGE, "known: k3s, kubeadm"),
        ((), {"KUBERRY_UPSTREAM_MIRROR": "http://mirror.example"}, Exit.USAGE, "must be https"),
        ((), {"KUBERRY_UPSTREAM_SERVERS": "github.com"}, Exit.USAGE, "is no JSON object"),
        ((), {"KUBERRY_UPSTREAM_CA_FILE": "/nowhere.pem"}, Exit.PREFLIGHT, "/nowhere.pem holds no"),
    ],
)  # fmt: skip
def test_what_goes_wrong_has_a_code_and_a_way_out(
    start: Start, words: tuple[str, ...], changes: dict[str, str], code: Exit, said: str
) -> None:
    """Wrong words, no network, a wrong mirror: each its exit code, and what to do next."""
    process = start("bundle", "create", *words, **changes)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, "→" in errors) == (code, True)
    assert said in errors
