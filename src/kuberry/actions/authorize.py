"""Let public keys in on a host, as the user who is logged in there."""

from __future__ import annotations

from collections.abc import Iterable

from kuberry.shell import Command, script
from kuberry.transports.transport import CommandResult, Transport

# sshd(8): a home directory, .ssh or authorized_keys that others may write to is not believed
# (StrictModes). A key counts as present wherever it stands in a line, behind options for example.
_AUTHORIZE = r"""
set -euf
umask 077
cd
chmod go-w .
[ -d .ssh ] || mkdir .ssh
chmod 700 .ssh
file=.ssh/authorized_keys
[ -e "$file" ] || : >"$file"
chmod 600 "$file"
while IFS= read -r line; do
  set -- $line
  if ! awk -v blob="$2" '
    /^[ \t]*#/ { next }
    { for (word = 1; word <= NF; word++) if ($word == blob) found = 1 }
    END { exit !found }' "$file"
  then
    [ -z "$(tail -c 1 "$file")" ] || echo >>"$file"
    printf '%s\n' "$line" >>"$file"
    echo added
  fi
done
"""


async def authorize(transport: Transport, lines: Iterable[str]) -> int:
    """Let the keys in *lines* in, and return how many were not let in before.

    Existing lines stay as they are, whatever they hold.

    Raises:
        CommandFailed: The file cannot be written.
        TransportError: The host cannot be asked.
    """
    stdin = "".join(f"{line}\n" for line in lines).encode()
    done = await checked(transport, script(_AUTHORIZE), stdin, "~/.ssh/authorized_keys")
    return done.text.split().count("added")


async def checked(
    transport: Transport, order: Command, stdin: bytes, what: str, deadline_s: float = 60.0
) -> CommandResult:
    """Run *order* and return how it ended.

    Args:
        what: What it changes, for people.

    Raises:
        CommandFailed: It ended with an exit status other than 0.
        TransportError: The host cannot be asked.
    """
    done = await transport.run(order, stdin=stdin, deadline_s=deadline_s)
    if not done.ok:
        message = f"{what} could not be prepared"
        raise done.failure(message, command=order.text, host=transport.host.name)
    return done
