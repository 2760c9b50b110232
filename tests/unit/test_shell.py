"""Quoting, proven by the shell itself."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuberry.shell import Command, command, script

WORD = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


def _run(one: Command) -> bytes:
    return subprocess.run(one.argv(), capture_output=True, check=True, timeout=10).stdout


@settings(max_examples=60, deadline=None)
@given(st.lists(WORD, min_size=1, max_size=4))
def test_words_arrive_as_they_are(words: list[str]) -> None:
    """No word means anything to the shell, in a command or as an argument of a script."""
    wanted = b"".join(word.encode() + b"\0" for word in words)

    assert _run(command("printf", "%s\\0", *words)) == wanted
    assert _run(script('printf "%s\\0" "$@"', *words)) == wanted


def test_combinators() -> None:
    """A pipe feeds, && goes on only after success, and each side keeps its own meaning."""
    lines = command("printf", "b\na\n")

    assert _run(lines.pipe(command("sort"))) == b"a\nb\n"
    assert _run(script("false || echo x").and_(command("echo", "y"))) == b"x\ny\n"
    with pytest.raises(subprocess.CalledProcessError):
        _run(command("false").and_(command("echo", "y")))


def test_root_is_all_or_nothing() -> None:
    """A command is not root in one half only."""
    with pytest.raises(ValueError, match="as a whole"):
        command("cat").as_root().pipe(command("tee", "x"))
