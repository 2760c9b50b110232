"""What the program says of itself, and of errors."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest

from kuberry.cli.main import _COMMANDS, _GROUPS, main


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 0."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"kuberry {version('kuberry')}\n"


def test_all_commands_are_shown_and_each_alone_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """A line loads the command it names and no other; the help has them all."""
    assert main(["--help"]) == 0
    rows = [line.strip("│ ").split() for line in capsys.readouterr().out.splitlines()]
    shown = {row[0] for row in rows if row}

    for name in (*_GROUPS, *_COMMANDS):
        assert name in shown
        assert main([name, "--help"]) == 0
        assert f"kuberry {name}" in capsys.readouterr().out


def test_a_word_that_is_no_command_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All commands are looked through for it."""
    assert main(["deplyo"]) == 2
    assert "deploy" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("-o", "json"), ("--output", "json"), ("--output=json",), ("-ojson",)]
)
def test_who_asks_for_json_gets_errors_as_json(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors of ours and wrong words alike; nothing is on standard output."""
    for line in (["status", "--hosts", "red;", *words], ["status", "--nonsense", *words]):
        assert main(line) == 2
        output = capsys.readouterr()
        error = json.loads(output.err)["error"]

        assert output.out == ""
        assert error["code"] in {"usage", "host-expression"}
        assert error["message"]
        assert error["remedy"]


def test_people_and_kubectl_get_words(capsys: pytest.CaptureFixture[str]) -> None:
    """``-o json`` behind kubectl is kubectl's."""
    for line in (["status", "--hosts", "red;"], ["kubectl", "port-forward", "-o", "json"]):
        assert main(line) == 2
        assert capsys.readouterr().err.startswith("error ")
