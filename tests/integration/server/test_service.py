"""A server as a service: its log, its token, its end."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys

import pytest

from kuberry.client.client import Client
from kuberry.journal.read import Journal
from kuberry.model.request import VerifyRequest
from kuberry.settings import Settings
from real_server import environment

pytestmark = pytest.mark.integration


def test_sigterm_ends_it_in_order(lab_settings: Settings, silent: str) -> None:
    """What goes on is written down as interrupted; the log is JSON, and holds no token."""
    words = ("serve", "--port", "0", "--log", "json", "--new-admin-token")
    with subprocess.Popen(
        (sys.executable, "-m", "kuberry", *words),
        stderr=subprocess.PIPE,
        text=True,
        env=environment(lab_settings),
    ) as process:
        try:
            assert process.stderr is not None
            first = [json.loads(process.stderr.readline())["message"] for _ in range(3)]
            file = lab_settings.state_dir / "server" / "admin.token"
            token, mode = file.read_text().strip(), stat.S_IMODE(file.stat().st_mode)
            file.unlink()
            authority = lab_settings.state_dir / "server" / "ca.pem"
            with Client(first[0].removeprefix("serving "), token, ca_file=authority) as client:
                run = client.begin(VerifyRequest(command="verify", cluster=silent)).id
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate()
        finally:
            process.kill()
    lines = [json.loads(line) for line in rest.splitlines()]
    kept = Journal(lab_settings.journal_file).find(run).run

    assert (process.returncode, mode) == (0, 0o600)
    assert str(file) in first[2]
    assert token.rpartition("_")[2] not in "".join(first) + rest
    assert (kept.state, kept.ended is not None) == ("interrupted", True)
    assert [one["message"] for one in lines if one.get("run") == run] == [
        "a run begins",
        "a run has ended",
    ]
