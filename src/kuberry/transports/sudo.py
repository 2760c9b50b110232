"""How root is reached on a host: found out once, before the first command that needs it."""

from __future__ import annotations

from pydantic import SecretStr

from kuberry.errors import SudoFailed
from kuberry.shell import Command, script
from kuberry.transports.launch import SudoMode
from kuberry.transports.transport import CommandResult

# -k with a command: what sudo remembers of an earlier password is not looked at. `env` is what
# commands are started with, so that the rules in sudoers are asked about the right program.
_PROBE = """
export LC_ALL=C
[ "$(id -u)" -eq 0 ] && { echo root; exit; }
command -v sudo >/dev/null || { echo missing; exit; }
sudo -k -n -- env true </dev/null 2>/dev/null && { echo nopasswd; exit; }
[ "$1" = given ] || { echo needed; exit; }
sudo -k -S -p '' -- env true && { echo password; exit; }
echo refused
"""


def probe(password: SecretStr | None) -> tuple[Command, bytes]:
    """Return the command that finds the way to root, and what it reads.

    A wrong password is tried once: the second prompt meets the end of the input.
    """
    if password is None:
        return script(_PROBE, "absent"), b""
    return script(_PROBE, "given"), f"{password.get_secret_value()}\n".encode()


def mode_from(result: CommandResult, *, host: str, user: str) -> SudoMode:
    """Return what the probe found.

    Raises:
        SudoFailed: There is no way to become root.
    """
    word = (result.text.split() or ["refused"])[-1]
    if word == "root":
        return "root"
    if word == "nopasswd":
        return "nopasswd"
    if word == "password":
        return "password"
    message, remedy = _refusal(word, result.stderr.decode(errors="replace"), user)
    raise SudoFailed(message, host=host, remedy=remedy)


def _refusal(word: str, stderr: str, user: str) -> tuple[str, str]:
    if word == "missing":
        return (
            f"there is no sudo, and the user {user!r} is not root",
            "install it as root on the host (`apt-get install sudo`), or log in as root",
        )
    if word == "needed":
        rule = f"`{user} ALL=(ALL) NOPASSWD:ALL` in /etc/sudoers.d/{user}"
        return (
            f"sudo asks a password of the user {user!r}",
            f"give it with --ask-sudo-password, or allow sudo without one: {rule}",
        )
    if "incorrect password" in stderr or "Authentication fail" in stderr:
        return (
            f"the sudo password of the user {user!r} is wrong",
            "type it again; one attempt was made",
        )
    if "not in the sudoers" in stderr or "not allowed to" in stderr or "may not run" in stderr:
        return (
            f"the user {user!r} may not use sudo for this",
            f"on the host, as root: `usermod -aG sudo {user}`, or log in as another user",
        )
    said = " ".join(stderr.split()) or "it gives no reason"
    return f"sudo refuses the user {user!r}: {said}", "run `sudo true` on the host to see it there"
