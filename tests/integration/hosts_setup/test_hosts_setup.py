"""Hosts that only have a password become hosts that let a key in, and each other."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from kuberry.actions.hosts_setup import refusing_keys, setup_hosts
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Notice, ignore
from kuberry.model.host import Host
from kuberry.model.setup import SetupReport, SetupWish

if TYPE_CHECKING:
    from tests.integration.conftest import FreshHost, RunOn

pytestmark = [pytest.mark.integration, pytest.mark.timeout(960)]

OPTIONS = ConnectOptions(config_files=())
PASSWORD = "rasp berry's $7"
USER = "pi"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of a user who has never used SSH."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


@pytest.fixture
def pis(fresh_host: FreshHost, run_on: RunOn, home: Path) -> list[Host]:
    """Return two hosts as they come: a user with a password and sudo, and no key."""
    return [_as_a_pi(fresh_host(), run_on) for _ in range(2)]


@pytest.fixture
def a_pi(fresh_host: FreshHost, run_on: RunOn, home: Path) -> Host:
    """Return one such host."""
    return _as_a_pi(fresh_host(), run_on)


def _as_a_pi(host: Host, run_on: RunOn) -> Host:
    done = run_on(
        host,
        f"""set -e
        sudo useradd --create-home --shell /bin/bash {USER}
        sudo chpasswd <<'END'\n{USER}:{PASSWORD}\nEND
        echo '{USER} ALL=(ALL:ALL) ALL' | sudo tee /etc/sudoers.d/{USER} >/dev/null
        echo 'PasswordAuthentication yes' | sudo tee /etc/ssh/sshd_config.d/10-pi.conf >/dev/null
        sudo systemctl restart ssh
        """,
    )
    assert done.returncode == 0, done.stderr
    return Host(name=host.name, address=host.address, user=USER)


async def _setup(hosts: list[Host], **wish: object) -> SetupReport:
    chosen = {"password": SecretStr(PASSWORD), **wish}
    return await setup_hosts(hosts, SetupWish.model_validate(chosen), OPTIONS, ignore)


async def test_a_password_becomes_a_key(a_pi: Host, home: Path) -> None:
    """A key is made, installed and proven, sudo is proven; the second time nothing changes."""
    said: list[object] = []
    wish = SetupWish(password=SecretStr(PASSWORD))
    report = await setup_hosts([a_pi], wish, OPTIONS, said.append)
    row = report.hosts[0]
    assert (row.key_login, row.sudo, row.is_ready) == (True, "password", True), row
    assert (report.is_key_new, report.is_changed) == (True, True)
    assert row.changes == ("your key was authorised",)
    assert any(isinstance(one, Notice) and "id_ed25519 is made" in one.message for one in said)
    again = await _setup([a_pi])
    assert (again.is_changed, again.not_ready) == (False, ())
    by_key = await _setup([a_pi], password=None)
    assert by_key.hosts[0].key_login
    problem = by_key.hosts[0].sudo_problem
    assert problem is not None
    assert (by_key.hosts[0].sudo, "--ask-sudo-password" in problem.remedy) == ("none", True)


async def test_ssh_itself_gets_in_afterwards(a_pi: Host, home: Path) -> None:
    """What was prepared serves plain ssh too, with its strictest checks."""
    await _setup([a_pi])
    known, key = home / ".ssh" / "known_hosts", home / ".ssh" / "id_ed25519"
    options = ("BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={known}")
    words = [word for option in options for word in ("-o", option)]
    done = subprocess.run(
        ["ssh", "-F", "none", *words, "-i", str(key), f"{USER}@{a_pi.address}", "id", "-un"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == (f"{USER}\n", 0), done.stderr


async def test_what_is_authorised_already_stays(
    a_pi: Host, home: Path, run_on: RunOn, lab_settings: object
) -> None:
    """Other keys, options, comments and a missing end of line survive; modes are put right."""
    before = '# mine\nfrom="10.0.0.1" ssh-ed25519 AAAAother me@home\n\nssh-rsa AAAArsa # last'
    prepare = f"""set -e
    sudo install -d -m 777 -o {USER} -g {USER} /home/{USER}/.ssh
    printf %s '{before}' | sudo tee /home/{USER}/.ssh/authorized_keys >/dev/null
    sudo chown {USER}: /home/{USER}/.ssh/authorized_keys
    sudo chmod 666 /home/{USER}/.ssh/authorized_keys; sudo chmod g+w /home/{USER}
    """
    assert run_on(a_pi, prepare).returncode == 0
    report = await _setup([a_pi])
    assert report.hosts[0].is_ready, report
    line = (home / ".ssh" / "id_ed25519.pub").read_text()
    found = run_on(a_pi, f"sudo cat /home/{USER}/.ssh/authorized_keys").stdout
    assert found == f"{before}\n{line}"
    look = f"cd /home/{USER} && sudo stat -c '%a %U' . .ssh .ssh/authorized_keys"
    modes = run_on(a_pi, look).stdout.splitlines()
    assert modes[1:] == [f"700 {USER}", f"600 {USER}"]
    assert modes[0][1] in "50"


async def test_a_wrong_password_is_said_and_the_others_go_on(
    pis: list[Host], run_on: RunOn
) -> None:
    """The host that refuses is a row with the reason; the other is ready."""
    run_on(pis[0], f"echo '{USER}:{secrets.token_hex(8)}' | sudo chpasswd")
    report = await _setup(pis)
    bad, good = report.hosts
    assert bad.problem is not None
    assert (bad.problem.code, bad.key_login, bad.sudo) == ("authentication-failed", False, None)
    assert "password" in bad.problem.message
    assert good.is_ready
    assert [row.host for row in report.not_ready] == [pis[0].name]


async def test_a_host_that_refuses_keys_for_good(a_pi: Host, run_on: RunOn) -> None:
    """Installed is not proven: a server that takes no keys is found out."""
    run_on(
        a_pi,
        "echo 'PubkeyAuthentication no' | sudo tee -a /etc/ssh/sshd_config.d/10-pi.conf; "
        "sudo systemctl restart ssh",
    )
    row = (await _setup([a_pi])).hosts[0]
    assert row.problem is not None
    assert (row.key_login, row.problem.code) == (False, "authentication-failed")
    assert row.changes == ("your key was authorised",)


async def test_the_chosen_key_is_the_one(a_pi: Host, home: Path, tmp_path: Path) -> None:
    """--public-key installs that key and makes no other."""
    chosen = tmp_path / "chosen"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(chosen)], check=True)
    report = await _setup([a_pi], public_key=f"{chosen}.pub")
    assert (report.hosts[0].is_ready, report.is_key_new) == (True, False)
    assert not (home / ".ssh" / "id_ed25519").exists()


async def test_hosts_of_a_mesh_reach_each_other(pis: list[Host], a_pi: Host, run_on: RunOn) -> None:
    """Each has a key of its own, knows the others by name and address, and gets in."""
    hosts = [*pis, a_pi]
    report = await _setup(hosts, is_mesh=True)
    for row in report.hosts:
        assert len(row.changes) == 4
        assert {hop.to for hop in row.hops} == {one.name for one in hosts} - {row.host}
        assert row.broken_hops == ()
    assert report.not_ready == ()
    one, two = hosts[:2]
    hop = f"sudo -u {USER} ssh -o BatchMode=yes -o StrictHostKeyChecking=yes {two.address} uname -n"
    assert run_on(one, hop).stdout.strip() == two.name
    names = run_on(one, f"sudo cut -d' ' -f1 /home/{USER}/.ssh/known_hosts").stdout.splitlines()
    assert f"{two.name},{two.address}" in names
    again = await _setup(hosts, is_mesh=True)
    assert (again.is_changed, again.not_ready) == (False, ())


async def test_a_mesh_forgets_keys_that_are_no_longer_true(pis: list[Host], run_on: RunOn) -> None:
    """A host that was set up anew is known by its new keys; other lines stay."""
    await _setup(pis, is_mesh=True)
    one, two = pis
    run_on(one, "ssh-keygen -q -t ed25519 -N '' -f ~/other")
    known = f"/home/{USER}/.ssh/known_hosts"
    lines = run_on(one, f"sudo cat {known}").stdout
    stale = lines.replace(lines.split()[2], run_on(one, "cut -d' ' -f2 ~/other.pub").stdout.strip())
    other = "other " + run_on(one, "cut -d' ' -f1,2 ~/other.pub").stdout.strip()
    write = f"sudo tee {known} >/dev/null <<'END'\n{stale}{other}\nEND"
    assert run_on(one, write).returncode == 0
    report = await _setup(pis, is_mesh=True)
    assert report.not_ready == ()
    assert report.hosts[0].changes != ()
    assert f"{other}\n{lines}" == run_on(one, f"sudo cat {known}").stdout
    assert two.name in lines


async def test_a_broken_hop_is_named(pis: list[Host], run_on: RunOn) -> None:
    """A host that another cannot enter is told by both names, in ssh's words."""
    one, two = pis
    run_on(two, f"echo 'DenyUsers {USER}@{one.address}' | sudo tee /etc/ssh/sshd_config.d/20.conf")
    run_on(two, "sudo systemctl restart ssh")
    report = await _setup(pis, is_mesh=True)
    first, second = report.hosts
    assert [hop.to for hop in first.broken_hops] == [two.name]
    assert "Permission denied" in first.broken_hops[0].problem
    assert (second.broken_hops, first.is_ready, second.is_ready) == ((), False, True)


async def test_only_hosts_that_refuse_keys_need_a_password(pis: list[Host]) -> None:
    """The password is asked for only where it is needed."""
    await _setup(pis[:1])
    refusing = await refusing_keys(pis, OPTIONS, ignore)
    assert [host.name for host in refusing] == [pis[1].name]


PROGRAM = Path(sys.executable).with_name("kuberry")


def _kuberry(home: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), *words],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_command_line_takes_the_password_from_standard_input(a_pi: Host, home: Path) -> None:
    """`kuberry hosts setup` asks once, the first time only, and tells nobody the password."""
    assert a_pi.address
    words = ("hosts", "setup", a_pi.address, "--user", USER)
    none = _kuberry(home, *words)
    assert (none.returncode, none.stdout) == (2, ""), none
    assert "login password" in none.stderr
    first = _kuberry(home, *words, stdin=f"{PASSWORD}\n")
    assert first.returncode == 0, first
    assert "your key was authorised" in first.stdout
    second = _kuberry(
        home, *words, "--ask-sudo-password", "--output", "json", stdin=f"{PASSWORD}\n"
    )
    assert second.returncode == 0, second
    report = json.loads(second.stdout)
    assert [row["sudo"] for row in report["hosts"]] == ["password"]
    assert report["hosts"][0]["changes"] == []
    without = _kuberry(home, *words)
    assert without.returncode == 8
    assert "--ask-sudo-password" in without.stderr
    assert "nothing was changed" in without.stdout
    written = [none, first, second, without]
    assert not any(PASSWORD in one.stdout + one.stderr for one in written)
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert files
    assert not any(PASSWORD.encode() in content for content in files)


def test_no_host_is_exit_code_four(home: Path, lab: object) -> None:
    """A host that cannot be reached is a row with the reason, and the exit code says so."""
    done = _kuberry(home, "hosts", "setup", "127.0.0.1:1", "--user", USER)
    assert done.returncode == 4, done
    assert "refuses connections" in done.stderr
