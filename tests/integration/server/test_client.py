"""`kuberry.Client`, curl, and a real server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

import kuberry
import made_up as make
from kuberry.journal.keep import keep_run
from kuberry.model.event import Notice
from kuberry.model.request import DeployRequest, VerifyRequest
from kuberry.settings import Settings
from real_server import RealServer

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
CLUSTER = make.cluster("red")


async def _run_here(settings: Settings, go_on: threading.Event) -> None:
    """Keep a run as a command line does: two notices, the second when somebody listens."""
    async with keep_run(settings.journal_file, "deploy", CLUSTER) as run:
        run.emit(Notice(message="first"))
        while not go_on.is_set():  # noqa: ASYNC110 -- set by another thread
            await asyncio.sleep(0.01)
        run.emit(Notice(message="second"))


def test_the_client_follows_a_run_of_a_command_line_to_its_end(real_server: RealServer) -> None:
    """Event by event, while another process does it; and lists it like any other."""
    go_on = threading.Event()
    said: list[str] = []
    worker = threading.Thread(
        target=lambda: asyncio.run(_run_here(real_server.settings, go_on)), daemon=True
    )
    with real_server.ask() as client:
        worker.start()
        while not (runs := client.runs(cluster=CLUSTER.name, limit=1).runs):
            time.sleep(0.02)
        for record in client.events(runs[0].id):
            said.append(getattr(record.event, "message", ""))
            if said[-1] == "first":
                go_on.set()
        worker.join(30)
        again = [one.seq for one in client.events(runs[0].id, after=2)]
        detail = client.run(runs[0].id)

    assert said[1:3] == ["first", "second"]
    assert again == [3, 4]
    assert (detail.run.state, detail.run.outcome) == ("ended", "done")


def test_errors_are_those_of_the_functions(real_server: RealServer) -> None:
    """With code and remedy; a server that is not there, and one that is not trusted, are told."""
    with real_server.ask() as client:
        with pytest.raises(kuberry.ServerRefused) as not_allowed:
            client.begin(DeployRequest(command="deploy", hosts="strange"))
        with pytest.raises(kuberry.UsageError):
            client.begin(VerifyRequest(command="verify", cluster="nowhere"))
    url, authority = real_server.url, real_server.authority
    with (
        kuberry.Client(url, "wrong", ca_file=authority) as stranger,
        pytest.raises(kuberry.ServerRefused) as wrong,
    ):
        stranger.me()
    with (
        kuberry.Client(url, real_server.token) as careful,
        pytest.raises(kuberry.Unreachable, match="does not answer"),
    ):
        careful.me()

    assert (not_allowed.value.word, not_allowed.value.host) == ("host-not-allowed", "strange")
    assert (wrong.value.word, wrong.value.status) == ("unauthorized", 401)
    assert "--allow-hosts" in not_allowed.value.remedy


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_what_the_manual_shows_with_curl_is_so(real_server: RealServer) -> None:
    """Each line of the first block about curl is answered without a problem."""
    text = (ROOT / "docs/server.md").read_text("utf-8").partition("## With curl")[2]
    block = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[0]
    known = {"CA": real_server.authority, "TOKEN": real_server.token, "URL": real_server.url}
    done = subprocess.run(
        ["sh", "-e", "-c", block.replace("--silent", "--silent --fail-with-body -w '\\n'")],
        capture_output=True,
        text=True,
        env=os.environ | known,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 4
    assert '"urn:' not in done.stdout
