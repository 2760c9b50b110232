"""Secrets are asked for once, and a missing answer is said."""

from __future__ import annotations

import io

import pytest

from kuberry.cli.login import ask, connect_options
from kuberry.cli.options import HostKeys
from kuberry.errors import UsageError


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gives_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal a secret is the next line, blanks and all; the rest stays."""
    monkeypatch.setattr("sys.stdin", io.StringIO(" s3cret \r\nsecond\n"))

    assert [ask("password").get_secret_value() for _ in range(2)] == [" s3cret ", "second"]


def test_an_empty_pipe_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is no password: the error says where one is to come from."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    with pytest.raises(UsageError, match="standard input has no line"):
        ask("password")


def test_a_terminal_is_asked_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the answer is hidden, and standard output stays free."""
    how: dict[str, object] = {}

    def prompt(text: str, **words: object) -> str:
        how.update(words, text=text)
        return "s3cret"

    monkeypatch.setattr("sys.stdin", _Terminal())
    monkeypatch.setattr("typer.prompt", prompt)

    assert ask("password").get_secret_value() == "s3cret"
    assert how == {"text": "password", "hide_input": True, "err": True}


def test_nothing_is_asked_unless_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --ask-sudo-password standard input is left alone."""
    monkeypatch.setattr("sys.stdin", None)

    assert connect_options(HostKeys.STRICT, 3.0, ask_sudo_password=False).sudo_password is None
