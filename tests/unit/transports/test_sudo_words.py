"""What sudo says, and what becomes of it. Recorded from sudo 1.9.13 (Debian 12), LC_ALL=C."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from kuberry.errors import SudoFailed
from kuberry.transports.sudo import mode_from, probe
from kuberry.transports.transport import CommandResult

WRONG = "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n"
STRANGER = "bob is not in the sudoers file.\n"
LIMITED = "Sorry, user bob is not allowed to execute '/usr/bin/env true' as root on red.\n"
NO_TTY = "sudo: sorry, you must have a tty to run sudo\n"


@pytest.mark.parametrize("word", ["root", "nopasswd", "password"])
def test_a_way_to_root_is_named(word: str) -> None:
    """The last word counts: a login shell may greet before it."""
    result = CommandResult(0, f"Welcome!\nroot is great\n{word}\n".encode(), b"")
    assert mode_from(result, host="red", user="bob") == word


@pytest.mark.parametrize(
    ("word", "stderr", "message", "remedy"),
    [
        ("missing", "", "there is no sudo", "apt-get install sudo"),
        ("needed", "", "asks a password of the user 'bob'", "--ask-sudo-password"),
        ("refused", WRONG, "password of the user 'bob' is wrong", "type it again"),
        ("refused", STRANGER, "'bob' may not use sudo", "usermod -aG sudo bob"),
        ("refused", LIMITED, "'bob' may not use sudo", "usermod -aG sudo bob"),
        ("refused", NO_TTY, "you must have a tty", "run `sudo true`"),
        ("", "", "it gives no reason", "run `sudo true`"),
    ],
)
def test_every_refusal_has_its_own_sentence(
    word: str, stderr: str, message: str, remedy: str
) -> None:
    """Who reads it knows which of the reasons it was, and what to do."""
    with pytest.raises(SudoFailed, match=message) as raised:
        mode_from(CommandResult(0, word.encode(), stderr.encode()), host="red", user="bob")
    assert remedy in raised.value.remedy
    assert raised.value.host == "red"


def test_the_password_is_input_and_nothing_else() -> None:
    """The words of the probe are the same for every password."""
    order, stdin = probe(SecretStr("hunter2"))
    assert (order, stdin) == (probe(SecretStr("other"))[0], b"hunter2\n")
    assert probe(None)[1] == b""
