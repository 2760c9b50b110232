"""What people and programs read of the state of hosts."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kuberry.cli.main import main
from kuberry.cli.render import console
from kuberry.cli.render.status import print_status
from kuberry.facts.framing import Section
from kuberry.facts.gather import Answer, assemble
from kuberry.model.facts import HostFacts
from kuberry.model.status import HostStatus, Problem, StatusReport

HOSTS = Path(__file__).parents[2] / "data" / "hosts"
PROBLEM = Problem(code="unreachable", message="nothing answered", remedy="switch it on")


def facts_of(host: str, **others: str) -> HostFacts:
    """Read all that was recorded of *host*, and *others* instead."""
    found = {path.stem: path.read_text("utf-8") for path in (HOSTS / host).glob("*.txt")}
    sections = {name: Section(text) for name, text in {**found, **others}.items()}
    return assemble(Answer(sections), Answer({}))


def up(host: str, facts: HostFacts) -> HostStatus:
    """Make the row of a host that answered."""
    return HostStatus(host=host, state="reachable", facts=facts, problem=None)


def down(host: str) -> HostStatus:
    """Make the row of a host that did not answer."""
    return HostStatus(host=host, state="unreachable", facts=None, problem=PROBLEM)


def report(*rows: HostStatus) -> StatusReport:
    """Make a report."""
    return StatusReport(taken_at=datetime(2026, 1, 2, tzinfo=UTC), hosts=rows)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that shows a report on a terminal so many columns wide."""

    def show(given: StatusReport, width: int) -> str:
        paper = io.StringIO()
        screen = Console(file=paper, width=width, force_terminal=True, color_system=None)
        monkeypatch.setattr(console, "stdout", lambda: screen)
        print_status(given)
        return paper.getvalue()

    return show


def test_a_wide_terminal_shows_a_line_for_each_host(terminal: Any) -> None:
    """In the user's order, with what people look for."""
    lines = terminal(report(up("red02", facts_of("rpi5-trixie")), down("red01")), 250).splitlines()
    rows = [line for line in lines if line.startswith("red0")]

    assert rows[0].startswith("red02")
    for word in ("Raspberry Pi OS 13", "Pi 5 Model B, aarch64", "83 °C"):
        assert word in rows[0]
    assert "under-voltage now" in rows[0]
    assert rows[1].split() == ["red01", "unreachable"]


def test_a_host_of_a_cluster_says_what_it_is_there(terminal: Any) -> None:
    """Behind what is installed on it."""
    row = up("red", facts_of("rpi5-trixie"))
    member = row.model_copy(update={"cluster": "pis", "role": "server"})

    assert ", server of pis" in terminal(report(member), 250)
    assert " of pis" not in terminal(report(row), 250)


def test_a_narrow_terminal_loses_no_word(terminal: Any) -> None:
    """A block for each host instead of cut columns, and no line is wider than the terminal."""
    shown = terminal(report(up("red02", facts_of("rpi4-raspbian"))), 60)

    assert "  machine: Pi 4 Model B, aarch64" in shown
    assert "32-bit programs" in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines()) <= 60


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a host however long it is, so that grep and awk work."""
    print_status(report(up("red02", facts_of("rpi5-trixie")), down("red01")))
    shown = capsys.readouterr().out

    assert [line for line in shown.splitlines() if "83 °C" in line and "red02" in line]
    assert "\x1b" not in shown


def test_why_a_host_is_missing_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """The row says that, the lines below say why; nothing is 0."""
    print_status(report(down("red01")))
    shown = capsys.readouterr().out
    row = next(line for line in shown.splitlines() if line.startswith("red01  "))

    assert row.split() == ["red01", "unreachable"]
    assert "red01: nothing answered [unreachable]" in shown
    assert "→ switch it on" in shown


def test_what_is_unknown_is_a_question_mark(capsys: pytest.CaptureFixture[str]) -> None:
    """A host that answered nothing shows no figure at all."""
    print_status(report(up("red", assemble(Answer({}), Answer({})))))
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("red "))

    assert row.split() == ["red", "up", *"????????"]


def test_a_host_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and rich's markup are shown, not obeyed."""
    nasty = 'os:ID=x\nos:PRETTY_NAME="\x1b[2J\x9b31m[red]Evil[/red]\r"\n'
    print_status(report(up("red", facts_of("ubuntu-noble", os=nasty))))
    shown = capsys.readouterr().out

    assert "[red]Evil[/red]" in shown
    assert not {"\x1b", "\x9b", "\r"} & set(shown)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([up("a", facts_of("rpi5-trixie")), up("b", facts_of("ubuntu-noble"))], 0),
        ([up("a", facts_of("rpi5-trixie")), down("b")], 8),
        ([down("a"), down("b")], 4),
    ],
)
def test_exit_codes(
    rows: list[HostStatus], code: int, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """All, some, none."""

    async def look(*_: object, **__: object) -> StatusReport:
        return report(*rows)

    monkeypatch.setattr("kuberry.api.status.status", look)

    assert main(["status", "--hosts", "a,b"]) == code


def test_json_is_the_whole_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program gets back exactly the value we had."""
    given = report(up("red", facts_of("rpi5-trixie")), down("red01"))

    async def look(*_: object, **__: object) -> StatusReport:
        return given

    monkeypatch.setattr("kuberry.api.status.status", look)
    main(["status", "--hosts", "red,red01", "--output", "json"])
    said = json.loads(capsys.readouterr().out)

    assert StatusReport.model_validate(said) == given
    assert (said["kind"], said["version"]) == ("status", 1)
    assert [row["host"] for row in said["hosts"]] == ["red", "red01"]
    assert said["hosts"][1]["facts"] is None
    assert said["hosts"][1]["problem"]["code"] == "unreachable"


def test_the_words_of_the_command_line_reach_the_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Policy, time and password; the password is asked for once and never shown."""
    seen: dict[str, Any] = {}

    async def look(hosts: str, **others: Any) -> StatusReport:
        seen.update(others, hosts=hosts)
        return report()

    monkeypatch.setattr("kuberry.api.status.status", look)
    monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\nnot this\n"))
    words = ["--host-key-policy", "strict", "--connect-timeout", "2.5", "--ask-sudo-password"]
    main(["status", "--hosts", "a,b", *words])
    options = seen["options"]

    assert (seen["hosts"], options.host_key_policy, options.connect_timeout_s) == (
        "a,b",
        "strict",
        2.5,
    )
    assert options.sudo_password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(options)


def test_a_wrong_expression_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is looked at, the faulty part is shown."""
    assert main(["status", "--hosts", "red[02-01]"]) == 2
    assert "red[02-01]" in capsys.readouterr().err


def test_help_does_not_load_ssh() -> None:
    """The program starts quickly: asyncssh costs a third of a second."""
    code = "import sys, kuberry.cli.main; print('asyncssh' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
