"""`kuberry check`: what can be reached is checked, the rest is said, and the codes rule the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import fit
import made_up as make
from kuberry.actions import check as action
from kuberry.actions.check import Work, check
from kuberry.cli.main import main
from kuberry.errors import SudoFailed, TransportError, Unreachable
from kuberry.facts.controller import Places
from kuberry.model.check import CheckReport
from kuberry.model.cluster import Cluster
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import ignore
from kuberry.model.facts import Boot, Cgroups, CommandLineFile, Kernel, ListeningPort
from kuberry.model.finding import Finding, Severity
from kuberry.model.host import Host
from kuberry.shell import Command
from kuberry.transports.fake import FakeTransport
from kuberry.transports.pool import Connection, Connections
from kuberry.transports.transport import CommandResult


def wish(*names: str) -> Cluster:
    """Return the wish of a check without a bundle."""
    return Cluster(
        name="shelf",
        hosts=names,
        control_plane=names[0],
        control_plane_rule="the first host",
        version="",
        bundle="",
    )


def work(tmp_path: Path, *names: str, codes: tuple[str, ...] = ()) -> Work:
    """Return what to check."""
    return Work(
        cluster=wish(*names),
        hosts=tuple(Host(name=name) for name in names),
        bundle=None,
        places=Places(tmp_path, tmp_path, tmp_path, None),
        ignore=codes,
        options=ConnectOptions(),
        emit=ignore,
    )


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that has hosts answer so, by name."""

    def give(results: dict[str, FakeTransport | TransportError]) -> None:
        class Pool:
            def __init__(self, hosts: Sequence[Host], *_: object) -> None:
                self.hosts = hosts

            async def __aenter__(self) -> Connections:
                async def never(host: Host) -> Any:
                    raise AssertionError(f"no second login to {host.name}")

                rows = tuple(Connection(one, results[one.name]) for one in self.hosts)
                return Connections(rows, never)

            async def __aexit__(self, *_: object) -> None:
                return

        monkeypatch.setattr(action, "connect_all", Pool)

    return give


async def test_a_host_that_cannot_be_reached_is_said_and_the_others_are_checked(
    tmp_path: Path, answers: Callable[..., None]
) -> None:
    """It has its reason; a host that answers nothing has findings, and root's lack is one."""
    silent = NoSudo("red").reply(re.compile(""))
    answers({"red": silent, "red01": Unreachable("nothing answered", remedy="switch it on")})
    report = await check(work(tmp_path, "red", "red01"))
    codes = {one.code for one in report.findings if one.host == "red"}

    assert report.hosts == ("red",)
    assert [(one.host, one.problem.code) for one in report.unreachable] == [
        ("red01", "unreachable")
    ]
    assert {"KB100", "KB206"} <= codes
    assert report.errors


async def test_findings_of_this_machine_can_be_ignored_by_their_code(
    tmp_path: Path, answers: Callable[..., None]
) -> None:
    """They stay in the report as ignored, and the code is recorded found or not."""
    answers({"red": Unreachable("nothing answered")})
    tmp_path.chmod(0o777)
    plain = await check(work(tmp_path, "red"))
    ignored = await check(work(tmp_path, "red", codes=("KB707", "KB103")))

    assert [one.code for one in plain.errors] == ["KB707", "KB707"]
    assert ignored.errors == ()
    assert {one.severity for one in ignored.findings if one.code == "KB707"} == {Severity.IGNORED}
    assert ignored.ignored == ("KB707", "KB103")


class NoSudo(FakeTransport):
    """A host whose probes bring nothing, and whose sudo wants a password."""

    async def run(self, command: Command, **others: Any) -> CommandResult:
        """Refuse root."""
        if command.root:
            raise SudoFailed("sudo wants a password", host=self.host.name)
        return await super().run(command, **others)


async def test_what_deploy_puts_right_by_itself_is_only_told(
    tmp_path: Path, answers: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Pi fresh from the card, without the memory control group, is fit; another host is not."""
    off = Cgroups(version="v2", controllers=("cpu", "pids"), memory=False)
    ports = tuple(
        ListeningPort(address="0.0.0.0", port=port, process="nginx")  # noqa: S104
        for port in (6443, 10250)
    )
    boot = Boot(
        directory="/boot/firmware",
        config=(),
        command_lines=(CommandLineFile(name="cmdline.txt", lines=("root=/dev/sda2 rootwait",)),),
        assets=("kernel8.img", "bcm2712-rpi-5-b.dtb"),
        staged=False,
    )
    kernel = Kernel(release="6.12", page_size_bytes=4096, command_line=("cgroup_disable=memory",))
    facts = {
        "red": fit.host("red", cgroups=off, boot=boot, kernel=kernel, ports=ports).facts,
        "red01": fit.host("red01", board=None, cgroups=off).facts,
    }

    async def gather(transport: FakeTransport) -> Any:
        return facts[transport.host.name]

    async def look(_transport: FakeTransport) -> Any:
        return make.installed()

    monkeypatch.setattr(action, "gather", gather)
    monkeypatch.setattr(action, "look", look)
    answers({name: FakeTransport(name) for name in facts})
    found = (await check(work(tmp_path, "red", "red01"))).findings
    memory = {one.host: one for one in found if one.code == "KB205"}

    assert memory["red"].severity is Severity.INFO
    assert "by itself" in memory["red"].remedy
    assert memory["red01"].severity is Severity.ERROR
    taken = [one.proof for one in found if one.code == "KB401"]
    assert taken == ["port 6443 is taken by nginx", "port 10250 is taken by nginx"]


def report(*findings: Finding, hosts: tuple[str, ...] = ("red",)) -> dict[str, Any]:
    """Return a report of a check of red and red01 as JSON."""
    place = {
        "path": "/x",
        "is_there": True,
        "writable": True,
        "mode": None,
        "free_bytes": 1,
    }
    missing = [
        {"host": name, "problem": {"code": "unreachable", "message": "m", "remedy": "r"}}
        for name in ("red", "red01")
        if name not in hosts
    ]
    return {
        "taken_at": "2026-01-02T00:00:00Z",
        "cluster": wish("red", "red01").model_dump(),
        "bundle": "",
        "hosts": hosts,
        "unreachable": missing,
        "findings": [one.model_dump() for one in findings],
        "controller": {
            "python": "3.11.2",
            "asyncssh": "2.21.0",
            "agent": "none",
            "agent_keys": None,
            "key_files": (),
            "state": place,
            "cache": place,
            "known_hosts": place,
            "behind_s": 0.0,
            "old_package": None,
        },
    }


BAD = Finding(
    code="KB103",
    severity=Severity.ERROR,
    title="copied \x1b[2J cards",
    proof="red [bold]and[/bold] red01",
    remedy="change one",
)
IGNORED = BAD.model_copy(update={"severity": Severity.IGNORED, "was": Severity.ERROR})


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (report(hosts=("red", "red01")), 0, "fit: red,red01 and this machine"),
        (report(IGNORED, hosts=("red", "red01")), 0, "fit: red,red01 and this machine: 1 ignored"),
        (report(BAD, hosts=("red", "red01")), 3, "not fit: red,red01 and this machine: 1 error"),
        (report(BAD), 3, "not fit: red and this machine"),
        (report(), 8, "fit: red and this machine"),
        (report(hosts=()), 4, "no host could be checked"),
    ],
)
def test_the_exit_code_and_the_last_line(
    given: dict[str, Any],
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Errors win, then hosts that are missing; what is ignored is shown and stops nothing."""

    async def look(*_: object, **__: object) -> CheckReport:
        return CheckReport.model_validate(given)

    monkeypatch.setattr("kuberry.api.check.check", look)

    assert main(["check", "--hosts", "red,red01"]) == code
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1].startswith(words)
    if given["findings"]:
        assert "KB103" in shown
        assert "red [bold]and[/bold] red01" in shown
        assert "\x1b" not in shown
    assert ("ignored error KB103" in shown) == (words.endswith("1 ignored"))


def test_json_is_the_whole_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program gets back exactly the value we had."""
    given = CheckReport.model_validate(report(IGNORED))

    async def look(*_: object, **__: object) -> CheckReport:
        return given

    monkeypatch.setattr("kuberry.api.check.check", look)
    main(["check", "--hosts", "red,red01", "--output", "json"])
    said = json.loads(capsys.readouterr().out)

    assert CheckReport.model_validate(said) == given
    assert said["findings"][0]["was"] == "error"


@pytest.mark.parametrize("command", ["check", "deploy"])
@pytest.mark.parametrize(
    ("code", "words"), [("KB999", "no check is called"), ("KB101", "cannot be ignored")]
)
def test_what_cannot_be_ignored_is_refused_before_any_login(
    command: str,
    code: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2; unit tests open no connection, so a login would be an error of its own."""
    for name in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"KUBERRY_{name}_DIR", str(tmp_path))

    assert main([command, "--hosts", "10.0.0.1", "--ignore", code]) == 2
    assert words in capsys.readouterr().err
