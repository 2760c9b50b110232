"""`kuberry status` as a user types it, against hosts that are there, are not, and go away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kuberry.actions.status import status
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.lab import LabState
from kuberry.model.status import StatusReport
from kuberry.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

PROGRAM = Path(sys.executable).with_name("kuberry")


def kuberry(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program with the lab of *settings*."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(settings.state_dir.parent),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
        "KUBERRY_STATE_DIR": str(settings.state_dir),
    }
    return subprocess.run(
        [str(PROGRAM), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the hosts of a report in JSON."""
    report = StatusReport.model_validate_json(done.stdout)
    assert report.kind == "status"
    return list(json.loads(done.stdout)["hosts"])


def test_three_hosts_in_the_users_order(lab: LabState, lab_settings: Settings) -> None:
    """All there: exit code 0, nothing but JSON on standard output."""
    done = kuberry(lab_settings, "status", "--hosts", "red02,red,red01", "--output", "json")
    found = rows(done)

    assert done.returncode == 0, done.stderr
    assert [row["host"] for row in found] == ["red02", "red", "red01"]
    assert [row["facts"]["identity"]["hostname"] for row in found] == ["red02", "red", "red01"]
    assert {row["state"] for row in found} == {"reachable"}


def test_a_host_that_is_not_there_is_a_row_and_exit_code_8(
    lab: LabState, lab_settings: Settings
) -> None:
    """The reason stands in its place; the others are whole."""
    nobody = str(lab.unused_address)
    words = ["status", "--hosts", f"red,{nobody},red01", "--connect-timeout", "1"]
    done = kuberry(lab_settings, *words, "--output", "json")
    first, missing, last = rows(done)

    assert done.returncode == 8
    assert (first["state"], missing["state"], last["state"]) == (
        "reachable",
        "unreachable",
        "reachable",
    )
    assert (missing["host"], missing["facts"]) == (nobody, None)
    assert missing["problem"]["code"] == "unreachable"
    assert missing["problem"]["remedy"]


def test_nobody_there_is_exit_code_4(lab: LabState, lab_settings: Settings) -> None:
    """And the table says why, too."""
    nobody = str(lab.unused_address)
    done = kuberry(lab_settings, "status", "--hosts", nobody, "--connect-timeout", "1")

    assert done.returncode == 4
    assert f"{nobody}  unreachable" in done.stdout
    assert f"{nobody}: " in done.stdout
    assert "[unreachable]" in done.stdout


def test_the_table_for_people(lab: LabState, lab_settings: Settings) -> None:
    """One line a host in a pipe, whatever the width of the terminal."""
    done = kuberry(lab_settings, "status", "--hosts", "red,red01")
    heading, _, *lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (0, "")
    assert heading.split()[:3] == ["host", "state", "system"]
    assert [line.split()[:2] for line in lines] == [["red", "running"], ["red01", "running"]]
    assert all("Debian GNU/Linux 12 (bookworm)" in line for line in lines)


def test_a_host_that_dies_while_it_is_looked_at_is_a_row(
    lab: LabState, fresh_host: FreshHost, run_on: RunOn
) -> None:
    """Its power goes in the middle of a probe; its neighbours do not notice."""
    dying = fresh_host()
    trap = "#!/bin/sh\\nsudo -n systemctl poweroff -ff\\nexec sleep 60\\n"
    run_on(dying, f"printf '{trap}' | sudo tee /usr/bin/systemd-detect-virt")
    hosts = [lab.login("red"), dying, lab.login("red01")]
    report = asyncio.run(status(hosts, ConnectOptions(keepalive_interval_s=0.5), ignore))

    assert [row.host for row in report.hosts] == ["red", dying.name, "red01"]
    assert [row.problem and row.problem.code for row in report.hosts] == [
        None,
        "connection-lost",
        None,
    ]
