"""The same line, done by a server: what is said, how it ends, and whom it trusts."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.cli.main import main
from kuberry.client.client import Client
from kuberry.client.logins import login_for
from kuberry.errors import UsageError
from kuberry.model.run import RunRecord
from kuberry.settings import Settings
from one_cluster import own_settings
from real_server import RealServer, environment

pytestmark = pytest.mark.integration


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What became of a line."""

    code: int
    out: str
    err: str


Line = Callable[..., Done]


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Return settings of a user who has no hosts, no clusters and no runs of their own."""
    return own_settings(tmp_path)


@pytest.fixture
def line(
    here: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    """Give a function that does a line as that user, in this process."""
    monkeypatch.setattr("kuberry.client.client._AGAIN_S", 0.0)

    def do(*words: str, said: str = "", settings: Settings = here, **more: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in (environment(settings) | more).items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.StringIO(said))
            code = main(words)
        return Done(code, *capsys.readouterr())

    return do


def _kept(here: Settings) -> list[Path]:
    return [one for one in here.servers_dir.rglob("*") if one.is_file()]


def test_a_login_trusts_whom_the_fingerprint_names_and_no_one_else(
    real_server: RealServer, here: Settings, line: Line
) -> None:
    """Another fingerprint, a wrong token: nothing is kept. The right ones: 0600, and it works."""
    url, words = real_server.url, ("server", "login", real_server.url, "--fingerprint")
    stranger = line(*words, "0" * 64, said=real_server.token)
    liar = line(*words, real_server.fingerprint, said="kuberry_no\n")
    kept = _kept(here)
    done = line(*words, real_server.fingerprint.upper(), said=real_server.token)
    modes = {stat.S_IMODE(one.stat().st_mode) for one in _kept(here)}
    runs = line("--server", url, "runs", "list", "-o", "json")

    assert (stranger.code, "another authority" in stranger.err) == (2, True)
    assert (liar.code, kept) == (2, [])
    assert (done.code, "as admin, good for: admin" in done.out) == (0, True)
    assert {one.name for one in _kept(here)} == {"ca.pem", "token"}
    assert modes == {0o600}
    assert (runs.code, isinstance(json.loads(runs.out), list)) == (0, True)
    assert real_server.token not in done.out + done.err + runs.out + runs.err
    assert line("server", "logout", url).code == 0
    assert _kept(here) == []


def test_what_is_of_this_machine_is_refused_by_name(real_server: RealServer, line: Line) -> None:
    """Options of logging in, commands that servers do not do, and lines without a token."""
    url = real_server.url
    trusted = {"KUBERRY_TOKEN": real_server.token, "KUBERRY_SERVER_CA_FILE": real_server.authority}
    refused = {
        "--ask-sudo-password": line("--server", url, "deploy", "--ask-sudo-password", **trusted),
        "--fan-out": line("--server", url, "deploy", "--fan-out", "star", **trusted),
        "--watch": line("--server", url, "status", "--hosts", "red", "--watch", **trusted),
        "kubectl": line("--server", url, "kubectl", "get", "nodes", **trusted),
        "lab up": line("--server", url, "lab", "up", "--hosts", "red", **trusted),
        "no token": line("verify", KUBERRY_SERVER=url),
    }
    for word, done in refused.items():
        assert (word, done.code, done.out) == (word, 2, "")
        assert word in done.err
    # What has nothing to do with servers is as ever, whatever the environment says.
    assert line("hosts", "expand", "red[01-02]", KUBERRY_SERVER=url).out == "red01\nred02\n"


def test_a_line_ends_as_it_would_end_where_it_is_done(real_server: RealServer, line: Line) -> None:
    """The same code and JSON for what is not known; who is not reached is said so."""
    trusted = {
        "KUBERRY_SERVER": real_server.url,
        "KUBERRY_TOKEN": real_server.token,
        "KUBERRY_SERVER_CA_FILE": real_server.authority,
    }
    words = ("verify", "--cluster", "nowhere", "--output", "json")
    there = line(*words, settings=real_server.settings)
    here = line(*words, **trusted)
    strange = line("deploy", "--hosts", "strange", **trusted)
    unlike = line("deploy", "--hosts", "red;", **trusted)
    shape = line("node", "add", "red", "--cluster", "Shelf_1", **trusted)
    nobody = line("verify", **trusted | {"KUBERRY_SERVER": "https://127.0.0.1:1"})

    assert (here.code, here.out, here.err) == (there.code, "", there.err)
    assert (strange.code, "--allow-hosts" in strange.err) == (2, True)
    assert (unlike.code, "';' has no place in a host name" in unlike.err) == (2, True)
    assert (shape.code, "kuberry node add --help" in shape.err) == (2, True)
    assert (nobody.code, "does not answer" in nobody.err) == (4, True)


def test_ctrl_c_cancels_the_run_where_it_is_done(
    real_server: RealServer, here: Settings, silent: str
) -> None:
    """The line ends as it would end here (130), and the run there is one that was interrupted."""
    trusted = {"KUBERRY_TOKEN": real_server.token, "KUBERRY_SERVER_CA_FILE": real_server.authority}
    words = ("--server", real_server.url, "verify", "--cluster", silent)
    with real_server.ask() as client:
        before = {one.id for one in _runs(client, silent)}  # of other tests
    with (
        real_server.ask() as client,
        subprocess.Popen(
            (sys.executable, "-m", "kuberry", *words),
            stderr=subprocess.PIPE,
            text=True,
            env=environment(here) | trusted,
        ) as process,
    ):
        try:
            while not (runs := [one for one in _runs(client, silent) if one.id not in before]):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
        finally:
            process.kill()
        run = client.run(runs[0].id).run

    assert process.returncode == 130
    assert said.splitlines() == [
        f"report: {real_server.url}/v1/runs/{run.id}/report",
        "interrupted; the same line goes on where this one stopped",
    ]
    assert (run.state, run.ended is not None) == ("interrupted", True)


def _runs(client: Client, cluster: str) -> tuple[RunRecord, ...]:
    return client.runs(cluster=cluster).runs


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_token_that_others_can_read_is_not_used(here: Settings, tmp_path: Path) -> None:
    """It is said which file, and how to mend it."""
    file = tmp_path / "token"
    file.write_text("kuberry_x")
    file.chmod(0o644)

    with pytest.raises(UsageError, match="read by others"):
        login_for("https://server:1", here.model_copy(update={"token_file": file}))
