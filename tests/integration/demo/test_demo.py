"""The demo with real parts: Ctrl-C while the lab comes up, and a mirror of upstream."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuberry.bundles.store import Store
from kuberry.demo import course, lines
from kuberry.demo.__main__ import main
from kuberry.lab import sweep
from kuberry.lab.names import lab_id
from kuberry.settings import Settings
from mirror import Mirror, serving
from one_cluster import own_settings
from published import K3S, K3S_CHANNELS, publish_k3s

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

# Downloads as kuberry does; of all else it only writes down what it was told.
STAND_IN = f"""#!/bin/sh
echo "$*" >>"$0.calls"
[ "$1" != bundle ] || exec {sys.executable} -m kuberry "$@"
"""


def test_ctrl_c_while_the_hosts_come_up(lab_machine: None, tmp_path: Path) -> None:
    """It ends with 130, and of its lab nothing is left on this machine, nor in the cache."""
    cache = own_settings(tmp_path).cache_dir
    before = {*cache.glob("demo-*")}
    process = subprocess.Popen(
        (sys.executable, "-m", "kuberry.demo"),
        env=os.environ | {"KUBERRY_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "boots at" in line:
                break
        (own,) = {*cache.glob("demo-*")} - before
        lab = lab_id(own / "state" / "lab")
        assert lab in asyncio.run(sweep.found())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)
    finally:
        process.kill()
        process.wait()

    assert process.returncode == 130
    assert lab not in asyncio.run(sweep.found())
    assert not own.exists()


@pytest.fixture
def signals() -> Iterator[None]:
    """Put the handlers of signals back."""
    before = {one: signal.getsignal(one) for one in lines._SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_upstreams_stable_k3s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by its channel, downloaded for this machine, named to deploy."""
    program = tmp_path / "kuberry"
    program.write_text(STAND_IN, "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(lines, "KUBERRY", (str(program),))
    monkeypatch.setenv("KUBERRY_CACHE_DIR", str(tmp_path / "cache"))
    with serving(Mirror()) as mirror:
        publish_k3s(mirror)
        monkeypatch.setenv("KUBERRY_UPSTREAM_MIRROR", mirror.url)
        assert main([]) == 0

    calls = (tmp_path / "kuberry.calls").read_text("utf-8").splitlines()
    assert calls[2] == "deploy --hosts red,red[01-02] --bundle k3s-v1.36.3-k3s1 --verify never"
    store = Store(Settings().bundles_dir)
    assert store.faults(store.load("k3s-v1.36.3-k3s1")) == ()


@pytest.mark.usefixtures("signals")
def test_an_upstream_that_is_silent_or_gone_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has its few seconds; then it counts as out of reach."""
    running = lines.Lines({})
    with serving(Mirror()) as mirror:
        publish_k3s(mirror)
        monkeypatch.setenv("KUBERRY_UPSTREAM_MIRROR", mirror.url)
        assert course.newest("k3s", "stable", running) == K3S

        monkeypatch.setattr(course, "ASK_S", 0.3)
        mirror.faults[K3S_CHANNELS] = ["hold"]
        assert course.newest("k3s", "stable", running) is None
    assert course.newest("k3s", "stable", running) is None
