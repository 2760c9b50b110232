"""Let hosts reach each other: a key of its own for each, and each knows the keys of the others."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from kuberry.actions.authorize import authorize, checked
from kuberry.errors import CommandFailed, TransportError
from kuberry.model.connection import ConnectOptions
from kuberry.model.event import Emit
from kuberry.model.host import Host
from kuberry.model.setup import Hop, Woven, problem_of
from kuberry.shell import script
from kuberry.transports.pool import connect_all
from kuberry.transports.transport import Transport

_T = TypeVar("_T")
_Failure = TransportError | CommandFailed

_SSH_PORT = "22"
_HOP_S = 20.0

# SSH_CONNECTION is how the host itself sees the login: the address that others can reach, too. The
# host asks itself for the keys it shows there: nobody is in between.
_DESCRIBE = r"""
set -eu
umask 077
cd
[ -d .ssh ] || mkdir .ssh
key=.ssh/id_ed25519
if [ ! -e "$key" ]; then
  ssh-keygen -q -t ed25519 -N '' -C "$(id -un)@$(uname -n)" -f "$key" </dev/null
  echo created
fi
[ -e "$key.pub" ] || ssh-keygen -y -f "$key" </dev/null >"$key.pub"
echo "user $(id -un)"
set -- $SSH_CONNECTION
echo "address $3 $4"
echo "key $(cat "$key.pub")"
ssh-keyscan -T 10 -p "$4" "$3" 2>/dev/null | while read -r name type key; do
  echo "host-key $type $key"
done
"""

# A host that was set up anew has other keys: its old lines go, the new ones come from the host
# itself, over a connection whose own key was checked.
_KNOW = r"""
set -euf
umask 077
cd
[ -d .ssh ] || mkdir .ssh
file=.ssh/known_hosts
[ -e "$file" ] || : >"$file"
all=$(cat)
for names in $(printf '%s\n' "$all" | cut -d ' ' -f 1 | sort -u); do
  wanted=$(printf '%s\n' "$all" | awk -v names="$names" '$1 == names')
  printf '%s\n' "$wanted" | awk -v file="$file" '
    BEGIN { while ((getline line < file) > 0) present[line] = 1 }
    !($0 in present) { missing = 1 }
    END { exit !missing }' || continue
  for name in $(printf '%s' "$names" | tr , ' '); do
    ssh-keygen -f "$file" -R "$name" >/dev/null 2>&1 || true
  done
  [ -z "$(tail -c 1 "$file")" ] || echo >>"$file"
  printf '%s\n' "$wanted" >>"$file"
  echo added
done
"""

_HOP = r"""
while read -r name user address port; do
  said=$(ssh -n -o BatchMode=yes -o PreferredAuthentications=publickey -o ConnectTimeout=10 \
    -o StrictHostKeyChecking=yes -p "$port" "$user@$address" true 2>&1) &&
    said= || said=${said:-ssh failed}
  printf '%s\t%s\n' "$name" "$(printf %s "$said" | tail -n 1)"
done
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A host of the mesh, as it describes itself.

    Attributes:
        key: Its user's public key.
        host_keys: Type and key of what its sshd shows.
        is_key_new: Whether *key* was made just now.
    """

    transport: Transport
    user: str
    address: str
    port: str
    key: str
    host_keys: tuple[str, ...]
    is_key_new: bool

    @property
    def name(self) -> str:
        """Return what the user calls the host."""
        return self.transport.host.name

    def known_hosts_lines(self) -> list[str]:
        """Return what others write into their known_hosts."""
        names = dict.fromkeys((self.name, self.transport.host.target, self.address))
        plain = self.port == _SSH_PORT
        entries = ",".join(one if plain else f"[{one}]:{self.port}" for one in names)
        return [f"{entries} {key}" for key in self.host_keys]


async def weave(hosts: Sequence[Host], options: ConnectOptions, emit: Emit) -> dict[str, Woven]:
    """Have *hosts* reach each other, and prove it from each to each.

    A host that fails is left out of what the others get to know.

    Raises:
        UsageError: The SSH configuration cannot be used.
    """
    async with connect_all(hosts, options, emit) as connections:
        woven = {host.name: Woven(problem=problem_of(why)) for host, why in connections.failures}
        transports = connections.transports
        described = await _outcomes([describe(one) for one in transports])
        members = [one for one in described if isinstance(one, Member)]
        others = [_others(members, number) for number in range(len(members))]
        changes = await _outcomes(list(map(introduce, members, others)))
        hops = await _outcomes(list(map(hop, members, others)))
    for transport, what in zip(transports, described, strict=True):
        if not isinstance(what, Member):
            woven[transport.host.name] = Woven(problem=problem_of(what))
    for member, changed, tried in zip(members, changes, hops, strict=True):
        woven[member.name] = _woven(changed, tried)
    return woven


def _others(members: list[Member], number: int) -> list[Member]:
    """Return all but one, those behind it first: so the hosts do not all call the same one."""
    return members[number + 1 :] + members[:number]


def _woven(changed: tuple[str, ...] | _Failure, tried: tuple[Hop, ...] | _Failure) -> Woven:
    if not isinstance(changed, tuple):
        return Woven(problem=problem_of(changed))
    if not isinstance(tried, tuple):
        return Woven(changes=changed, problem=problem_of(tried))
    return Woven(changes=changed, hops=tried)


async def _outcomes(calls: Sequence[Coroutine[Any, Any, _T]]) -> list[_T | _Failure]:
    """Await all of *calls* side by side; a failure is a value."""

    async def outcome(call: Coroutine[Any, Any, _T]) -> _T | _Failure:
        try:
            return await call
        except (TransportError, CommandFailed) as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(call)) for call in calls]
    return [task.result() for task in tasks]


async def describe(transport: Transport) -> Member:
    """Have a host make a key where it has none, and say how it is reached.

    Raises:
        CommandFailed: The key cannot be made.
        TransportError: The host cannot be asked.
    """
    done = await checked(transport, script(_DESCRIBE), b"", "a key of the host's own")
    said = [line.split(" ", 1) for line in done.text.splitlines()]
    first = {words[0]: words[-1] for words in reversed(said)}
    address, port = first["address"].split()
    host_keys = (words[-1] for words in said if words[0] == "host-key")
    return Member(
        transport=transport,
        user=first["user"],
        address=address,
        port=port,
        key=first["key"],
        host_keys=tuple(sorted(host_keys)),
        is_key_new="created" in first,
    )


async def introduce(member: Member, others: Sequence[Member]) -> tuple[str, ...]:
    """Let *others* in on the host of *member*, and have it know their keys.

    Returns:
        What was changed, one sentence each.

    Raises:
        CommandFailed: A file cannot be written.
        TransportError: The host cannot be asked.
    """
    changes = ["a key of its own was made"] if member.is_key_new else []
    added = await authorize(member.transport, [other.key for other in others])
    if added:
        changes.append(f"the keys of {added} other hosts were authorised")
    lines = "".join(f"{line}\n" for other in others for line in other.known_hosts_lines())
    done = await checked(
        member.transport, script(_KNOW), lines.encode(), "~/.ssh/known_hosts of the host"
    )
    known = done.text.split().count("added")
    if known:
        changes.append(f"the host keys of {known} other hosts were written to known_hosts")
    return tuple(changes)


async def hop(member: Member, others: Sequence[Member]) -> tuple[Hop, ...]:
    """Log in from the host of *member* to each of *others*, one after the other.

    Raises:
        CommandFailed: It cannot be tried.
        TransportError: The host cannot be asked.
    """
    lines = "".join(f"{one.name} {one.user} {one.address} {one.port}\n" for one in others)
    done = await checked(
        member.transport, script(_HOP), lines.encode(), "hops", _HOP_S * (1 + len(others))
    )
    said = dict(line.split("\t", 1) for line in done.text.splitlines() if "\t" in line)
    return tuple(Hop(to=one.name, problem=said.get(one.name, "no answer")) for one in others)
