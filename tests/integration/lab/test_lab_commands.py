"""`kuberry lab` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.lab.inventory import lab_hosts
from kuberry.model.lab import LabState
from kuberry.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

Kuberry = Callable[..., "subprocess.CompletedProcess[str]"]
_NOBODY = 65534


def _kuberry(settings: Settings) -> Kuberry:
    """Return a function that runs kuberry in a process of its own, with the lab of *settings*."""
    places = {
        "KUBERRY_STATE_DIR": str(settings.state_dir),
        "KUBERRY_CONFIG_DIR": str(settings.config_dir),
        "KUBERRY_CACHE_DIR": str(settings.cache_dir),
    }

    def run(*words: str, before: tuple[str, ...] = (), stdin: str = "") -> object:
        return subprocess.run(
            (*before, sys.executable, "-m", "kuberry", *words),
            env={**os.environ, **places},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    return run  # type: ignore[return-value]


@pytest.fixture
def kuberry(lab_settings: Settings) -> Kuberry:
    """Run kuberry with the shared lab."""
    return _kuberry(lab_settings)


def test_status_is_a_table_for_people(lab: LabState, kuberry: Kuberry) -> None:
    """Every host is a line with its power and address; the air gap is said."""
    done = kuberry("lab", "status")
    assert done.returncode == 0
    for host in lab.hosts:
        assert any(
            {host.name, "on", str(host.address)} <= set(line.split())
            for line in done.stdout.splitlines()
        )
    assert "no way out: dropped" in done.stdout


def test_status_is_json_for_programs(lab: LabState, kuberry: Kuberry) -> None:
    """Standard output is one JSON document with everything that is known."""
    status = json.loads(kuberry("lab", "status", "--output", "json").stdout)
    found = {host["host"]["name"]: host["power"] for host in status["hosts"]}
    assert {host.name: "on" for host in lab.hosts}.items() <= found.items()
    assert status["lab"]["subnet"] == str(lab.subnet)
    assert isinstance(status["dropped_beyond"], int)


def test_shell_is_a_shell_on_the_host(lab: LabState, kuberry: Kuberry) -> None:
    """What is typed runs there, and the exit status comes back."""
    done = kuberry("lab", "shell", "red01", stdin="hostname; id -un; exit 7\n")
    assert done.stdout.splitlines()[-2:] == ["red01", "kuberry"]
    assert done.returncode == 7


def test_without_root_the_refusal_says_sudo(kuberry: Kuberry, lab_machine: None) -> None:
    """Exit code 3, before anything is touched."""
    nobody = ("setpriv", f"--reuid={_NOBODY}", "--clear-groups")
    for words in (("up", "--hosts", "x"), ("down",), ("reboot", "x")):
        done = kuberry("lab", *words, before=nobody)
        assert done.returncode == 3, done.stderr
        assert "sudo" in done.stderr


def test_a_missing_program_is_named_with_its_package(own_lab: Settings, tmp_path: Path) -> None:
    """Exit code 3 and the exact line, and nothing was made."""
    only = tmp_path / "bin"
    only.mkdir()
    for name in ("ip", "nft", "ssh", "ssh-keygen", "setpriv", "unshare"):
        (only / name).symlink_to("/bin/true")
    done = _kuberry(own_lab)("lab", "up", "--hosts", "x", before=("env", f"PATH={only}"))
    assert done.returncode == 3
    assert "sudo apt-get install --yes mmdebstrap systemd-container" in done.stderr
    assert not own_lab.state_dir.exists()


def test_a_file_system_without_overlays_is_refused(own_lab: Settings, tmp_path: Path) -> None:
    """The disks of hosts cannot lie on an overlay; the remedy names the variable to set."""
    text = """
    mkdir lower upper work state
    mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay state
    exec "$@"
    """
    before = ("unshare", "--mount", "sh", "-ec", f"cd {tmp_path}; {text}", "sh")
    done = _kuberry(own_lab)("lab", "up", "--hosts", "x", before=before)
    assert done.returncode == 3
    assert "overlay" in done.stderr
    assert "KUBERRY_STATE_DIR" in done.stderr


def test_a_lab_host_that_hides_another_machine_is_said(own_lab: Settings) -> None:
    """A name that already means something, here or in the inventory, is pointed out."""
    own_lab.config_dir.mkdir()
    own_lab.inventory_file.write_text("hosts: {pi: {address: 192.0.2.7}}\n")
    done = _kuberry(own_lab)("lab", "up", "--hosts", "localhost,pi,plain")
    assert done.returncode == 0, done.stderr
    assert "localhost: this is the lab's host; it hides 127.0.0.1 of the same name" in done.stderr
    assert "pi: this is the lab's host; it hides the inventory's entry" in done.stderr
    assert "plain: this" not in done.stderr


def test_the_lab_is_the_users_in_whose_home_it_lies(own_lab: Settings, tmp_path: Path) -> None:
    """Started with sudo, the lab's key and inventory belong to the owner of the directory."""
    os.chown(tmp_path, _NOBODY, _NOBODY)
    assert _kuberry(own_lab)("lab", "up", "--hosts", "x").returncode == 0
    host = lab_hosts(own_lab.lab_dir)["x"]
    assert host.identity_file is not None
    assert host.known_hosts_file is not None
    for file in (host.identity_file, host.known_hosts_file, own_lab.lab_dir / "lab.json"):
        assert file.stat().st_uid == _NOBODY
    assert host.identity_file.stat().st_mode & 0o777 == 0o600


def test_names_that_no_host_can_have_are_a_usage_error(kuberry: Kuberry, lab_machine: None) -> None:
    """A user or an address in the expression is refused with exit code 2."""
    for expression in ("pi@red", "10.0.0.1"):
        done = kuberry("lab", "up", "--hosts", expression)
        assert done.returncode == 2
        assert "lab host" in done.stderr
