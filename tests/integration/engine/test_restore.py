"""The way back on a real host: what we did is undone, and what is left is named."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from kuberry.actions.compare import compare
from kuberry.api.reset import reset
from kuberry.cli.exits import Exit
from kuberry.cli.main import main
from kuberry.distributions.traces import forget
from kuberry.engine.execute import execute
from kuberry.engine.means import Means
from kuberry.facts.installed import look
from kuberry.model.bundle import Binary
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.finding import Outcome
from kuberry.model.host import Host
from kuberry.model.installed import Installed
from kuberry.model.plan import (
    Clear,
    File,
    HostPlan,
    Plan,
    PutArtifact,
    RecordState,
    Restore,
    Restored,
    SetUnit,
    Step,
    WriteFiles,
)
from kuberry.settings import Settings
from kuberry.shell import script
from kuberry.transports.pool import connect_all

pytestmark = pytest.mark.integration

RECORD = RecordState(id="before", title="note")
UNIT = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
"""
HOSTS = "# BEGIN kuberry\n10.0.0.9 other\n# END kuberry\n"


HALVES = (
    "/etc/motd.kuberry.aB3dE6",
    "/etc/new/deep/file.kuberry-was",
    "/usr/local/lib/kuberry/program.kuberry-new",
)
"""Files on their way when a run is killed."""


@pytest.fixture
def host(fresh_host: Callable[..., Host]) -> Host:
    """Give a host that is this test's own."""
    return fresh_host()


async def _do(host: Host, *steps: Step, fetch: Path = Path("/nowhere")) -> None:
    await _execute(host, Plan(title="test", hosts=(HostPlan(host=host.name, steps=steps),)), fetch)


async def _execute(host: Host, plan: Plan, fetch: Path = Path("/nowhere")) -> None:
    async with connect_all([host], ConnectOptions()) as connections:
        means = Means(
            transports={host.name: connections.transports[0]},
            reconnect={},
            fetch=lambda _artifact: fetch,
            emit=ignore,
        )
        (report,) = await execute(plan, means)
    assert (report.ending, report.message) == ("done", "")


async def _ask(host: Host, text: str) -> str:
    async with connect_all([host], ConnectOptions()) as connections:
        return (await connections.transports[0].run(script(text).as_root())).text


async def _different(host: Host) -> set[tuple[str, str]]:
    async with connect_all([host], ConnectOptions()) as connections:
        found = await compare(connections.transports[0])
    return {(one.subject, one.name) for one in found}


async def _look(host: Host) -> Installed:
    async with connect_all([host], ConnectOptions()) as connections:
        return await look(connections.transports[0])


def _restore(*what: Restored) -> tuple[Restore, ...]:
    return tuple(Restore(id=one, title=one, what=one) for one in what)


async def test_all_that_was_done_is_undone(host: Host, tmp_path: Path) -> None:
    """Files new and old, directories, a block in a file, programs, units: as if never touched.

    So is what a killed run has left beside them.
    """
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\n")
    artifact = Binary(
        name="program",
        version="1",
        architecture="any",
        size_bytes=10,
        sha256=hashlib.sha256(program.read_bytes()).hexdigest(),
    )
    await _ask(host, "chmod 640 /etc/motd; chown 0:4 /etc/motd; ln -s nowhere /etc/link")
    hosts = await _ask(host, "cat /etc/hosts")
    files = {
        "/etc/motd": "ours\n",
        "/etc/link": "a file now\n",
        "/etc/new/deep/file": "new\n",
        "/etc/hosts": hosts + HOSTS,
        "/etc/systemd/system/kuberry-test.service": UNIT,
    }
    steps = (
        RECORD,
        WriteFiles(
            id="f",
            title="f",
            files=tuple(File(path=path, content=(text,)) for path, text in files.items()),
        ),
        PutArtifact(
            id="p", title="p", artifact=artifact, path="/usr/local/lib/kuberry/program", mode=0o755
        ),
        SetUnit(id="u", title="u", unit="kuberry-test.service"),
        SetUnit(id="c", title="c", unit="cron.service", action="disable"),
    )
    await _ask(host, f"cat >/etc/systemd/system/cron.service <<'E'\n{UNIT}\nE\n")
    await _ask(host, "systemctl enable --now --quiet cron.service")
    await _do(host, *steps, fetch=program)
    await _ask(host, f"touch {' '.join(HALVES)}")
    changed = {name for _, name in await _different(host)}
    assert changed >= {*files, "/etc/new/deep", "/usr/local/lib/kuberry/program", "cron.service"}
    await _do(host, *_restore("idle-units", "files", "units"))

    assert await _different(host) == set()
    assert await _ask(host, "systemctl is-active cron.service kuberry-test.service") == (
        "active\ninactive\n"
    )


async def test_what_others_wrote_beside_our_block_stays(host: Host) -> None:
    """In /etc/hosts we only take our own lines away; that somebody added one is seen."""
    hosts = await _ask(host, "cat /etc/hosts")
    await _do(
        host,
        RECORD,
        WriteFiles(id="f", title="f", files=(File(path="/etc/hosts", content=(hosts, HOSTS)),)),
    )
    await _ask(host, "echo 10.1.1.1 printer >>/etc/hosts")
    await _do(host, *_restore("files"))

    assert await _ask(host, "cat /etc/hosts") == f"{hosts}10.1.1.1 printer\n"
    assert await _different(host) == {("file", "/etc/hosts")}


async def test_what_was_put_back_is_left_alone(host: Host) -> None:
    """A reset that goes on after an interruption does not undo what others did meanwhile.

    What is deployed again in between is ours again, and is undone again.
    """
    hosts, motd = await _ask(host, "cat /etc/hosts"), await _ask(host, "cat /etc/motd")
    files = (
        File(path="/etc/hosts", content=(hosts, HOSTS)),
        File(path="/etc/motd", content=("ours\n",)),
    )
    await _do(host, RECORD, WriteFiles(id="f", title="f", files=files), *_restore("files"))
    await _ask(host, "echo 10.1.1.1 printer >>/etc/hosts")
    await _do(host, WriteFiles(id="f", title="f", files=files[1:]), *_restore("files"))

    assert await _ask(host, "cat /etc/hosts") == f"{hosts}10.1.1.1 printer\n"
    assert await _ask(host, "cat /etc/motd") == motd


async def test_clearing_spares_what_was_there(host: Host) -> None:
    """A tree that is new goes as a whole; of one that was there only what is new goes."""
    await _ask(host, "mkdir -p /opt/old/deep; echo theirs >/opt/old/deep/file")
    await _do(host, RECORD)
    await _ask(host, "mkdir -p /opt/old/deep/new '/opt/new/a b'; touch /opt/old/deep/new/file")
    await _ask(
        host, "touch '/opt/old/a b' '/opt/new/a b/c'; chmod 700 /opt/old; ln -s / /opt/old/l"
    )
    await _do(host, Clear(id="c", title="c", paths=("/opt/old", "/opt/new", "/opt/never")))

    assert await _different(host) == set()
    assert await _ask(host, "cat /opt/old/deep/file; ls /opt") == "theirs\nold\n"


async def test_every_trace_is_named(host: Host) -> None:
    """A file, unit, link, route, rule, mount or setting that stays behind is found: one of each."""
    await _do(host, RECORD)
    await _ask(
        host,
        """
        echo x >/usr/local/bin/left
        printf '[Service]\nExecStart=/bin/true\n' >/etc/systemd/system/left.service
        ip link add left0 type dummy || ip link add left0 type bridge
        ip addr add 10.99.0.1/24 dev left0; ip link set left0 up
        ip route add 10.98.0.0/24 via 10.99.0.2
        iptables -N KUBE-LEFT; iptables -A FORWARD -j KUBE-LEFT
        mkdir /srv/left; mount -t tmpfs left /srv/left
        sysctl -q -w net.ipv4.ip_forward=1
        """,
    )
    found = await _different(host)

    assert {subject for subject, _ in found} == {
        "file", "unit", "link", "route", "rule", "mount", "sysctl",
    }  # fmt: skip
    assert found >= {
        ("file", "/usr/local/bin/left"),
        ("unit", "left.service"),
        ("link", "left0"),
        ("route", "10.98.0.0/24 via 10.99.0.2 dev left0"),
        ("rule", "iptables: filter: -A FORWARD -j KUBE-LEFT"),
        ("mount", "/srv/left"),
        ("sysctl", "net.ipv4.ip_forward"),
    }


async def test_the_first_state_is_the_one_that_counts(host: Host) -> None:
    """A second note changes nothing, and half a note from a killed run counts for none."""
    await _do(host, RECORD)
    await _ask(host, "echo later >/etc/later; rm -f /etc/motd")
    await _ask(host, "cd /var/lib/kuberry && head -c 100 before.gz >before.gz.new")
    await _do(host, RECORD)

    assert await _different(host) == {("file", "/etc/later"), ("file", "/etc/motd")}


async def test_a_copy_that_was_cut_off_is_no_original(host: Host) -> None:
    """A run killed while it copied what stood there leaves nothing that passes for it."""
    path = "/etc/motd"
    key = hashlib.sha256(path.encode()).hexdigest()[:24]
    before = await _ask(host, "cat /etc/motd")
    await _do(host, RECORD)
    await _ask(
        host, f"mkdir -p /var/lib/kuberry/files; echo half >/var/lib/kuberry/files/{key}.copy.new"
    )
    await _do(host, WriteFiles(id="f", title="f", files=(File(path=path, content=("ours\n",)),)))
    await _do(host, *_restore("files"))

    assert await _ask(host, "cat /etc/motd") == before
    assert await _different(host) == set()


async def test_our_records_go_last_and_wholly(host: Host) -> None:
    """Afterwards nothing tells that we were there; doing it again is harmless."""
    await _do(host, RECORD)
    assert (await _look(host)).is_recorded
    for _ in range(2):
        await _execute(host, forget([host.name]))

    assert not (await _look(host)).is_ours
    assert await _ask(host, "ls -d /var/lib/kuberry* /run/kuberry/* 2>/dev/null") == ""


def test_nothing_is_removed_that_nobody_agreed_to(
    host: Host,
    lab_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A dry run, a no, a closed input and JSON without --yes change nothing; --yes does."""
    for name, value in (("STATE", lab_settings.state_dir), ("CONFIG", lab_settings.config_dir)):
        monkeypatch.setenv(f"KUBERRY_{name}_DIR", str(value))
    monkeypatch.setenv("KUBECONFIG", str(lab_settings.state_dir / "kubeconfig"))
    new = File(path="/etc/new", content=("ours\n",))
    asyncio.run(_do(host, RECORD, WriteFiles(id="f", title="f", files=(new,))))
    codes = {}
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        codes[answer] = main(["reset", "--hosts", host.name])
    codes["dry"] = main(["reset", "--hosts", host.name, "--dry-run"])
    codes["json"] = main(["reset", "--hosts", host.name, "-o", "json"])

    assert codes == {"n\n": Exit.DONE, "": Exit.USAGE, "dry": Exit.DONE, "json": Exit.USAGE}
    assert asyncio.run(_ask(host, "cat /etc/new")) == "ours\n"
    assert f"{host.name}  1 file ·" in capfd.readouterr().out

    assert main(["reset", "--hosts", host.name, "--yes"]) == Exit.DONE
    assert asyncio.run(_ask(host, "ls -d /etc/new /var/lib/kuberry")) == ""
    assert f"as before kuberry came: {host.name}" in capfd.readouterr().out
    assert main(["reset", "--hosts", host.name, "--yes"]) == Exit.DONE
    assert "there is nothing of kuberry" in capfd.readouterr().out


def test_what_is_left_is_an_error_and_what_others_did_is_not(
    host: Host,
    lab_settings: Settings,
) -> None:
    """A trace of Kubernetes fails the proof and keeps the records; the same line tries again."""
    asyncio.run(_do(host, RECORD))
    asyncio.run(_ask(host, "echo mine >/etc/mine; ip link add cni0 type bridge"))
    asyncio.run(
        _ask(host, "mkdir -p /etc/kubernetes/left; mount -t tmpfs left /etc/kubernetes/left")
    )
    first = asyncio.run(reset(host.name, settings=lab_settings))
    assert [(one.host, one.ending) for one in first.hosts] == [(host.name, "failed")]
    assert "remove what Kubernetes kept failed" in first.hosts[0].message
    asyncio.run(_ask(host, "umount /etc/kubernetes/left; ip route add 10.244.9.0/24 dev eth0"))
    asyncio.run(_ask(host, "printf '[Unit]\\n' >/etc/systemd/system/kubelet.service"))
    asyncio.run(_ask(host, "iptables -A INPUT -s 10.0.0.1 -m comment --comment kube-left"))
    second = asyncio.run(reset(host.name, settings=lab_settings))
    assert second.outcome == "unverified"
    (left,) = (one for one in second.probes if one.outcome is Outcome.FAIL)
    assert (left.id, left.where) == ("reset.rules", host.name)
    assert "kube-left" in left.detail

    asyncio.run(_ask(host, "iptables -F INPUT"))
    third = asyncio.run(reset(host.name, settings=lab_settings))
    assert third.outcome == "done"
    assert [one.proof.split("; ") for one in third.findings] == [
        [
            "file /etc/mine is new",
            "file /etc/systemd/system/kubelet.service is new",
            "unit kubelet.service is new",
        ]
    ]
