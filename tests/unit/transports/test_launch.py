"""The line that starts a command, judged by the shells of this machine; no host is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberry.shell import Command, command, script
from kuberry.transports.launch import end_command, new_run_id, preamble, start_line

ALIKE = re.compile(r"(?:(?:[A-Za-z0-9/_.-]+|'(?:[^'\\!\n]|\\0[0-7]{3})*')(?: |$))+", re.ASCII)
SHELLS = [found for name in ("sh", "bash", "dash", "zsh") if (found := shutil.which(name))]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(words=st.lists(TEXT, min_size=1), mode=st.sampled_from([None, "nopasswd", "password"]))
def test_the_line_holds_only_what_all_shells_read_alike(words: list[str], mode: str | None) -> None:
    """Bare words, and single quotes without quotes, newlines, exclamation marks or backslashes."""
    line = start_line(command(*words), new_run_id(), mode)  # type: ignore[arg-type]
    assert line.isascii()
    assert ALIKE.fullmatch(line)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "word", ["it's", "a\\0101b", "%s%%", "\n\n", "!x", "$HOME`id`", "é\x01", "=ls", "%1", ","]
)
def test_every_login_shell_hands_the_words_on(shell: str, word: str) -> None:
    """What a command prints is what it was given, whichever shell started it."""
    line = start_line(command("printf", "%s", word), new_run_id(), None)
    done = subprocess.run([shell, "-c", line], capture_output=True, check=True)
    assert done.stdout.decode() == word


def test_the_command_finds_its_run_in_its_environment() -> None:
    """The run id reaches every process that the command starts."""
    run_id = new_run_id()
    line = start_line(script("sh -c 'env'"), run_id, None)
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert f"KUBERRY_RUN={run_id}" in done.stdout.splitlines()


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_password_ends_at_the_gate(tmp_path: Path, *, is_wanted: bool) -> None:
    """The command reads what follows the run id, whether sudo took the password or not."""
    take = 'IFS= read -r password; test "$password" = secret || exit 9' if is_wanted else ":"
    sudo = tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\n{take}\ntest "$*" != "${{*#-k -S -p  -- }}" && shift 5 && "$@"\n')
    sudo.chmod(0o755)
    run_id, noise = new_run_id(), bytes(range(256)) * 300
    done = subprocess.run(
        ["/bin/sh", "-c", start_line(command("cat"), run_id, "password")],
        input=preamble(run_id, "password", "secret") + noise,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == noise


def test_a_password_is_sent_only_where_sudo_asks() -> None:
    """Neither root nor a sudo without questions gets to see it."""
    assert preamble("id", "password", "secret") == b"secret\nid\n"
    assert preamble("id", "nopasswd", "secret") == b""
    assert preamble("id", "root", "secret") == b""
    assert preamble("id", None, "secret") == b""


def test_the_end_does_not_name_the_run_it_ends() -> None:
    """Or it would find and end itself."""
    run_id = new_run_id()
    assert run_id not in end_command(run_id).text


def test_what_is_too_long_for_an_argument_is_refused_here() -> None:
    """Linux takes 128 KiB for one argument; more would fail on the host, with a riddle."""
    with pytest.raises(ValueError, match="too long for one argument"):
        start_line(Command("x" * 130_000), new_run_id(), None)
