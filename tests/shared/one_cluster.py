"""The real cluster that the e2e tests share, and how it is deployed while everything is watched."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

import planted
from kuberry.api.lab import lab_shell
from kuberry.model.cluster import Cluster
from kuberry.model.report import RunReport
from kuberry.settings import Settings

HOSTS = "red,red[01-02]"
NAMES = ("red", "red01", "red02")
SET_UP_S = 3600
"""The first time on a machine Kubernetes is built from source."""
_DEPLOY_S = 1200
_COMMAND_S = 300
_WRITE_RULE = """
umask 077
printf '%s\\n' "$1" >/etc/sudoers.d/.new
chmod 440 /etc/sudoers.d/.new
mv /etc/sudoers.d/.new /etc/sudoers.d/kuberry
"""
_ASKED = "kuberry ALL=(ALL:ALL) ALL"
_NOT_ASKED = "kuberry ALL=(ALL:ALL) NOPASSWD: ALL"


@dataclasses.dataclass(frozen=True, slots=True)
class Deployed:
    """The cluster that the tests share; leave it as you found it."""

    settings: Settings
    cluster: Cluster
    report: RunReport
    evidence: planted.Evidence


def own_settings(directory: Path) -> Settings:
    """Return settings that keep everything but the cache below *directory*."""
    return Settings(
        config_dir=directory / "config",
        state_dir=directory / "state",
        kubeconfig=directory / "kubeconfig",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Hosts:
    """The lab hosts by OpenSSH, which knows nothing of our transport and can judge it."""

    settings: Settings

    def run(self, host: str, text: str, *, stdin: bytes = b"") -> bytes:
        """Run shell text as the user and return what it wrote."""
        words = (*lab_shell(host, settings=self.settings), "--", text)
        done = subprocess.run(
            words, input=stdin, capture_output=True, timeout=_COMMAND_S, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def as_root(self, host: str, text: str, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run shell text as root, without a password, and return what it wrote."""
        words = shlex.join(("sudo", "-n", "sh", "-c", text, "sh", *arguments))
        return self.run(host, words, stdin=stdin)


def deploy_watched(settings: Settings) -> Deployed:
    """Deploy the hosts by the command line, with a planted sudo password, and look at everything.

    Raises:
        AssertionError: The deployment did not succeed.
    """
    hosts, password = Hosts(settings), secrets.token_hex(16).encode()
    asked = [_ask_for(password, hosts, name) for name in NAMES]
    since_s = planted.now_s()
    with planted.Sampler() as sampler:
        output, errors = _deploy(settings, password)
    for name in NAMES:
        _ask_no_more(password, hosts, name)
    document = json.loads(output)
    assert document.pop("outcome") == "done", output.decode()
    report = RunReport.model_validate(document)
    hidden = {"sudo password": password, **planted.secrets_of(NAMES, hosts.as_root)}
    evidence = planted.Evidence(
        secrets=hidden,
        looks=sampler.looks,
        processes=frozenset(sampler.seen),
        said=output + errors,
        kept=planted.files_below(settings.state_dir, but="lab"),
        logs={name: hosts.as_root(name, "journalctl -o export --no-pager") for name in NAMES},
        wide={name: planted.wide_files(name, since_s, hidden, hosts.as_root) for name in NAMES},
        needed=all(asked),
    )
    return Deployed(settings, report.cluster, report, evidence)


def _ask_for(password: bytes, hosts: Hosts, name: str) -> bool:
    """Have sudo ask for *password*; return whether it does."""
    hosts.run(name, "sudo -n chpasswd", stdin=b"kuberry:" + password + b"\n")
    hosts.as_root(name, _WRITE_RULE, _ASKED)
    return hosts.run(name, "sudo -k -n true 2>/dev/null || echo asked").split() == [b"asked"]


def _ask_no_more(password: bytes, hosts: Hosts, name: str) -> None:
    words = shlex.join(("sudo", "-S", "-p", "", "sh", "-c", _WRITE_RULE, "sh", _NOT_ASKED))
    hosts.run(name, words, stdin=password + b"\n")


def _deploy(settings: Settings, password: bytes) -> tuple[bytes, bytes]:
    """Type the line, and the password where it is asked for; return what was written."""
    line = ("deploy", "--hosts", HOSTS, "--ask-sudo-password", "--output", "json")
    done = subprocess.run(
        (sys.executable, "-m", "kuberry", *line),
        input=password + b"\n",
        capture_output=True,
        timeout=_DEPLOY_S,
        check=False,
        env=os.environ
        | {
            "KUBERRY_STATE_DIR": str(settings.state_dir),
            "KUBERRY_CONFIG_DIR": str(settings.config_dir),
            "KUBECONFIG": str(settings.kubeconfig),
        },
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout, done.stderr
