"""`kuberry hosts expand|fold` as a user types it."""

from __future__ import annotations

import json

import pytest

from kuberry.cli.main import main

LINE = "red,red[01-02]"


def test_expand_and_fold(capsys: pytest.CaptureFixture[str]) -> None:
    """Expand prints one name a line, fold one line."""
    assert main(["hosts", "expand", "red,red[01-red02]"]) == 0
    names = capsys.readouterr().out
    assert main(["hosts", "fold", *names.split()]) == 0

    assert (names, capsys.readouterr().out) == ("red\nred01\nred02\n", f"{LINE}\n")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Both speak JSON."""
    assert main(["hosts", "expand", LINE, "--output", "json"]) == 0
    names = json.loads(capsys.readouterr().out)
    assert main(["hosts", "fold", *names, "--output", "json"]) == 0

    assert (names, json.loads(capsys.readouterr().out)) == (["red", "red01", "red02"], LINE)


def test_a_wrong_line_is_answered_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, the faulty part, and the line to write instead; nothing on standard output."""
    assert main(["hosts", "expand", "red,red[02-01]"]) == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "red[02-01]" in shown.err
    assert f'write "{LINE}"' in shown.err


@pytest.mark.parametrize("argv", [["hosts", "expand"], ["nonsense"], ["hosts", "fold", "--x"]])
def test_wrong_words_are_usage(argv: list[str]) -> None:
    """A missing argument, an unknown command and an unknown option exit with 2."""
    assert main(argv) == 2


def test_a_dash_is_no_host(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that begins with a dash is refused with the line that would be right."""
    assert main(["hosts", "expand", "-xred"]) == 2
    assert "a host name never begins with '-': kuberry hosts expand" in capsys.readouterr().err
    assert main(["hosts", "expand", "--", "-red"]) == 2
    assert 'write "red"' in capsys.readouterr().err


def test_wrong_words_lead_to_the_help_of_their_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The remedy is the help of the command that was typed, not of the whole program."""
    assert main(["deploy", "--nonsense"]) == 2
    assert "kuberry deploy --help" in capsys.readouterr().err


def test_help_says_that_setup_may_make_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    """A file in ~/.ssh is nothing to be surprised by."""
    assert main(["hosts", "setup", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "If you have no key in ~/.ssh, a new one is made there: id_ed25519" in said
