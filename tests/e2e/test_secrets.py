"""A planted sudo password and every token and key of a real deployment: nowhere they must not be.

The evidence was collected while the shared cluster was deployed, and right after it. Each search
has its twin: a secret that is leaked on purpose is found by the same eyes.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import planted
from kuberry.journal.keep import keep_run
from kuberry.model.event import Notice
from one_cluster import NAMES, Deployed, Hosts

PODS = "/var/lib/kubelet/pods/"
LEAK = {"leak": b"planted-on-purpose-0123456789"}


@pytest.fixture
def evidence(deployed: Deployed) -> planted.Evidence:
    """Return what the deployment left."""
    return deployed.evidence


@pytest.fixture
def hosts(deployed: Deployed) -> Hosts:
    """Return a way to the hosts that is not ours."""
    return Hosts(deployed.settings)


def _found(parts: dict[str, bytes], secrets: planted.Secrets) -> dict[str, list[str]]:
    return {
        name: found for name, data in parts.items() if (found := planted.found_in(data, secrets))
    }


def test_there_was_something_to_hide(evidence: planted.Evidence) -> None:
    """The password was needed; the tokens of two workers and of init, and every key, are known.

    A certificate key is made only for a second control plane, and this cluster has one.
    """
    kinds = [name.split()[0] for name in evidence.secrets]
    keys = [name for name in evidence.secrets if ":" in name and "service" not in name]

    assert evidence.needed
    assert kinds.count("bootstrap") == 3
    assert {"sudo", "service"} <= set(kinds)
    for wanted in ("red:/etc/kubernetes/admin.conf", "red:/etc/kubernetes/pki/sa.key"):
        assert wanted in keys
    assert {f"{name}:/var/lib/kubelet/pki/kubelet-client-current.pem" for name in NAMES} <= set(
        keys
    )
    assert len(set(evidence.secrets.values())) >= len(keys) - 3  # two names of one file each
    assert min(len(one) for one in evidence.secrets.values()) >= 16


def test_no_process_had_a_secret_in_its_words_or_environment(evidence: planted.Evidence) -> None:
    """On neither side, whenever it was looked at; the programs that use them were seen."""
    everything = b"\n".join(evidence.processes)

    assert evidence.looks > 500
    for program in (b"kubeadm\0init", b"kubeadm\0join", b"sudo\0-k\0-S", b"kuberry\0deploy"):
        assert program in everything
    assert planted.found_in(everything, evidence.secrets) == []


def test_the_controller_keeps_and_says_no_secret(evidence: planted.Evidence) -> None:
    """Journal, events, reports, wishes, standard output and error: of whatever mode."""
    names = set(evidence.kept)

    assert any(name.startswith("journal.sqlite") for name in names)
    assert {Path(name).suffix for name in names if name.startswith("reports/")} == {
        ".html",
        ".json",
    }
    assert b"step-finished" in evidence.said
    assert _found(dict(evidence.kept) | {"said": evidence.said}, evidence.secrets) == {}


def test_the_logs_of_the_hosts_hold_no_secret(evidence: planted.Evidence) -> None:
    """The whole journal of each: sudo, sshd, containerd, kubelet and our own units."""
    for log in evidence.logs.values():
        for program in (b"sudo", b"sshd", b"containerd", b"kubelet", b"kuberry-step-"):
            assert program in log
    assert _found(dict(evidence.logs), evidence.secrets) == {}


def test_no_file_that_others_might_read_holds_a_secret(evidence: planted.Evidence) -> None:
    """On no host, of all files that were written; but for what Kubernetes gives to pods itself.

    The kubelet writes a pod's service account token as 0644 into a tmpfs of the pod, below a
    directory that is root's alone (0750).
    """
    besides = [
        f"{host}:{path}"
        for host, paths in evidence.wide.items()
        for path in paths
        if not (path.startswith(PODS) and "/volumes/kubernetes.io~" in path)
    ]

    assert besides == []


def test_the_report_of_the_run_is_whole(deployed: Deployed, evidence: planted.Evidence) -> None:
    """Digests, host keys, systems and the critical path of a real deployment are in its page."""
    pages = [data.decode() for name, data in evidence.kept.items() if name.endswith(".html")]
    page = next(one for one in pages if deployed.report.run in one)

    assert ">done</span></h1>" in page
    assert page.count("SHA256:") == len(NAMES)
    assert "Debian GNU/Linux 12" in page
    assert "start the control plane" in page.split("Critical path")[1].split("</ol>")[0]
    assert "waited for token:red0" in page


def test_a_leak_into_words_and_environments_is_seen(hosts: Hosts) -> None:
    """Here and on a host, though it lasts for a quarter of a second only."""
    secret = LEAK["leak"].decode()
    here, there = b"here-" + LEAK["leak"], b"there-" + LEAK["leak"]
    with planted.Sampler() as sampler:
        subprocess.run(("sh", "-c", "sleep 0.25", here.decode()), check=True)
        hosts.run("red01", shlex.join(("sh", "-c", "sleep 0.25; :", there.decode())))
    with planted.Sampler() as other:
        subprocess.run(("sleep", "0.25"), check=True, env=os.environ | {"LEAK": secret})
    everything = b"\n".join(sampler.seen)

    assert planted.found_in(everything, {"here": here, "there": there}) == ["here", "there"]
    assert planted.found_in(b"\n".join(other.seen), LEAK) == ["leak"]
    assert planted.found_in(everything, {"nowhere": b"nobody-has-said-this-0123"}) == []


LEAKS = ("/var/tmp/wide", "/etc/group-only", "/var/log/encoded", "/run/in-memory")  # noqa: S108
_WRITE_LEAKS = """
printf 'x %s x' "$1" >/var/tmp/wide; chmod 644 /var/tmp/wide
printf '%s' "$1" >/etc/group-only; chmod 640 /etc/group-only
printf 'ab%s' "$1" | base64 >/var/log/encoded; chmod 604 /var/log/encoded
printf '%s' "$1" >/run/in-memory; chmod 644 /run/in-memory
printf '%s' "$1" >/var/tmp/private; chmod 600 /var/tmp/private
"""
_REMOVE_LEAKS = f"rm -f {' '.join(LEAKS)} /var/tmp/private"


@pytest.fixture
def leaked(hosts: Hosts) -> Iterator[int]:
    """Write a secret to files of all kinds on a host; give the time before that."""
    since_s = planted.now_s()
    hosts.as_root("red02", _WRITE_LEAKS, LEAK["leak"].decode())
    yield since_s
    hosts.as_root("red02", _REMOVE_LEAKS)


def test_a_leak_into_a_file_is_found(hosts: Hosts, leaked: int) -> None:
    """Readable for all, for a group, in base64, in memory: all four, and not the 0600 one.

    The command's own words stand in the journal's files, which a group may read: found as well.
    """
    found = planted.wide_files("red02", leaked, LEAK, hosts.as_root)
    journal = {
        path for path in found if path.startswith(("/var/log/journal/", "/run/log/journal/"))
    }

    assert set(found) - journal == set(LEAKS)
    assert journal


def test_a_leak_into_a_log_is_found(hosts: Hosts) -> None:
    """A line that a service writes, and one that journald compresses for its length."""
    long = ("x" * 2000).encode() + LEAK["leak"]
    hosts.run("red", "logger -t leak", stdin=long)
    deadline = time.monotonic() + 30
    while True:
        log = hosts.as_root("red", "journalctl --sync; journalctl -t leak -o export --no-pager")
        if planted.found_in(log, LEAK) or time.monotonic() > deadline:
            break

    assert planted.found_in(log, LEAK) == ["leak"]


def test_a_leak_into_journal_and_reports_is_found(deployed: Deployed, tmp_path: Path) -> None:
    """An event that says a secret: the same search finds it in the database and both reports."""

    async def leak() -> None:
        async with keep_run(tmp_path / "journal.sqlite", "deploy", deployed.cluster) as run:
            run.emit(Notice(message=f"the token is {LEAK['leak'].decode()}"))

    asyncio.run(leak())
    found = _found(planted.files_below(tmp_path), LEAK)
    suffixes = sorted(Path(name).suffix for name in found)

    assert suffixes == [".html", ".json", ".sqlite"]
    assert all(stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600 for name in found)
