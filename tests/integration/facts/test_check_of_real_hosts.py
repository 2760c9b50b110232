"""`kuberry check` as a user types it: silent on hosts that are fit, telling where they are not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kuberry.model.check import CheckReport
from kuberry.model.lab import LabState
from kuberry.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]


def check(settings: Settings, *words: str) -> tuple[int, dict[str, Any]]:
    """Run the program with the lab of *settings*; return its exit code and report."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(settings.state_dir.parent),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
        "KUBERRY_STATE_DIR": str(settings.state_dir),
        "KUBERRY_CACHE_DIR": str(settings.state_dir.parent / "no-cache"),
        "PYTHONPATH": ":".join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "kuberry", "check", *words, "--output", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    assert done.stdout, done.stderr
    CheckReport.model_validate_json(done.stdout)
    return done.returncode, json.loads(done.stdout)


def codes(report: dict[str, Any], host: str | None) -> dict[str, str]:
    """Return what was found on *host*: severity by code."""
    return {one["code"]: one["severity"] for one in report["findings"] if one["host"] == host}


def test_lab_hosts_are_fit(lab: LabState, lab_settings: Settings) -> None:
    """No error; an address where nobody is has its reason and makes exit code 8."""
    nobody = str(lab.unused_address)
    code, report = check(lab_settings, "--hosts", f"red,red01,{nobody}", "--connect-timeout", "9")

    assert code == 8
    assert report["hosts"] == ["red", "red01"]
    assert [one["host"] for one in report["unreachable"]] == [nobody]
    assert "error" not in {one["severity"] for one in report["findings"]}
    assert Path(report["controller"]["cache"]["path"]).parent.is_dir()
    assert not Path(report["controller"]["cache"]["path"]).exists()


def test_faults_made_on_a_host_are_found_and_can_be_ignored(
    lab: LabState, lab_settings: Settings, fresh_host: FreshHost, run_on: RunOn
) -> None:
    """A copied card, the image's name, a packet filter and a due reboot, each by its code."""
    host = fresh_host()
    done = run_on(
        host,
        "sudo hostnamectl set-hostname raspberrypi && sudo mkdir -p /etc/ufw && "
        "echo ENABLED=yes | sudo tee /etc/ufw/ufw.conf && sudo touch /run/reboot-required && "
        f"echo {_machine_id(lab, run_on)} | sudo tee /etc/machine-id",
    )
    assert done.returncode == 0, done.stderr
    hosts = f"red,{host.name}"
    code, report = check(lab_settings, "--hosts", hosts)
    ignoring, ignored = check(lab_settings, "--hosts", hosts, "--ignore", "kb103")

    found = codes(report, host.name)
    found.pop("KB207", None)  # the control groups are those of the machine below

    assert found == {"KB106": "info", "KB209": "warning", "KB409": "warning"}
    assert codes(report, None).get("KB103") == "error"
    assert code == 3
    assert codes(ignored, None).get("KB103") == "ignored"
    assert ignoring == 0


def _machine_id(lab: LabState, run_on: RunOn) -> str:
    return run_on(lab.login("red"), "cat /etc/machine-id").stdout.strip()
