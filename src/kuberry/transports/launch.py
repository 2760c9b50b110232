"""The line that starts a command on a host, and the command that ends it again. Pure.

The line is read by the user's login shell, which may be no POSIX shell: it therefore holds only
single-quoted words without quotes, backslashes (but for the escapes of printf), newlines and
exclamation marks, which sh, bash, zsh, fish and csh read alike.
The run id is in the environment of all that the command starts (sudo keeps only what `env` sets
behind it), so that the command can be ended as a whole, whatever sessions its processes are in.
"""

from __future__ import annotations

import secrets
from typing import Literal

from kuberry.shell import Command, script

SudoMode = Literal["root", "nopasswd", "password"]
"""How root is reached: the login is root already, sudo asks nothing, sudo asks a password."""

LONGEST_LINE = 120_000  # Linux, MAX_ARG_STRLEN: one argument holds at most 131072 bytes

_PLAIN = 'exec env "KUBERRY_RUN=$1" /bin/sh -c "$(printf %b "$2")"'
_SUDO = 'exec env "KUBERRY_RUN=$1" sudo -n -- env "KUBERRY_RUN=$1" /bin/sh -c "$(printf %b "$2")"'
# -k: the password is asked for even where sudo remembers an earlier one.
_SUDO_ASKED = (
    'exec env "KUBERRY_RUN=$1" sudo -k -S -p "" -- env "KUBERRY_RUN=$1"'
    ' /bin/sh -c "$3" "$1" "$(printf %b "$2")"'
)
# Where sudo did not want the password after all, it must not reach the command: all lines up to
# the run id are dropped here. `read` takes single bytes from a pipe: what follows stays intact.
_GATE = 'while IFS= read -r l; do test "$l" = "$0" && exec /bin/sh -c "$1"; done; exit 125'

# Two empty looks in a row: the command may be between fork and exec at the first one. One that was
# never seen may be on its way yet: sshd has said yes before its child is the user's shell, and that
# child is slow on a busy host, or where ~/.ssh/rc does something (sshd(8), "SSHRC").
_END = r"""
look=0 empty=0 enough=30 seen=0
while [ "$look" -lt 80 ] && [ "$empty" -lt "$enough" ]; do
  found=$(printf %s "$1$2" | grep -lszF -f - /proc/[0-9]*/environ /proc/[0-9]*/cmdline)
  look=$((look + 1)) signal=TERM
  [ "$seen" -lt 20 ] || signal=KILL
  if [ -z "$found" ]; then empty=$((empty + 1)); else empty=0 enough=2 seen=$((seen + 1)); fi
  for file in $found; do
    process=${file#/proc/}
    kill "-$signal" "${process%%/*}" 2>/dev/null
  done
  sleep 0.1
done
[ "$empty" -ge "$enough" ]
"""


def new_run_id() -> str:
    """Return a name for one run of one command."""
    return secrets.token_hex(8)


def start_line(command: Command, run_id: str, mode: SudoMode | None) -> str:
    """Return what the login shell is to read.

    Args:
        mode: How root is reached; ``None`` for a command that does not run as root.

    Raises:
        ValueError: The command is too long for one argument; its content belongs in a file.
    """
    launcher = {"nopasswd": _SUDO, "password": _SUDO_ASKED}.get(mode or "root", _PLAIN)
    extra = (_GATE,) if mode == "password" else ()
    words = (launcher, "sh", run_id, _escaped(command.text), *extra)
    # No shlex: it leaves words bare that zsh (`=ls`) or fish (`%1`) would expand.
    line = " ".join(("/bin/sh -c", *(f"'{word}'" for word in words)))
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a command of {len(line)} bytes is too long for one argument")
    return line


def preamble(run_id: str, mode: SudoMode | None, password: str | None) -> bytes:
    """Return what standard input starts with, before what the command is to read."""
    return f"{password}\n{run_id}\n".encode() if mode == "password" else b""


def end_command(run_id: str) -> Command:
    """Return the command that ends all processes of *run_id*: politely, after two seconds not.

    The id is given in halves, so that the command does not find itself.
    """
    half = len(run_id) // 2
    return script(_END, run_id[:half], run_id[half:])


def _escaped(text: str) -> str:
    """Write *text* in ASCII for ``printf %b``, without what a login shell could misread."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1").translate(_ESCAPES)


def _escaped_byte(byte: int) -> str:
    char = chr(byte)
    is_safe = char.isascii() and char.isprintable() and char not in "\\'!"
    return char if is_safe else f"\\0{byte:03o}"


_ESCAPES = {byte: _escaped_byte(byte) for byte in range(256)}
