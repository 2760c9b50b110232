"""Host expressions, and the hosts they name."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Sequence

from kuberry import hostlist
from kuberry.errors import UsageError
from kuberry.inventory import Inventory, read_inventory
from kuberry.lab.inventory import lab_hosts
from kuberry.model.event import Emit, Notice, ignore
from kuberry.model.host import Host
from kuberry.settings import Settings

_LOOKUP_TIMEOUT_S = 0.5


def expand_hosts(expression: str, *, settings: Settings | None = None) -> tuple[str, ...]:
    """Return the names that *expression* stands for, in its order, each once.

    Raises:
        HostExpressionError: A part of it is wrong; the remedy shows a line that is right.
        UsageError: The inventory is unusable.
    """
    groups = _inventory(expression, settings or Settings()).groups
    return hostlist.expand(expression, groups=groups)


def fold_hosts(names: Iterable[str]) -> str:
    """Return one expression that expands to *names* again; only neighbours are folded.

    Raises:
        UsageError: One of them is no host name.
    """
    try:
        return hostlist.fold(names)
    except ValueError as error:
        raise UsageError(str(error), remedy='write names, for example "red01 red02"') from None


def resolve(
    hosts: str | Sequence[str], settings: Settings, emit: Emit = ignore
) -> tuple[Host, ...]:
    """Return the hosts that are meant, with what the inventory and the lab know of them.

    Args:
        hosts: One expression, or several.
        emit: Is told where a lab host hides another machine of the same name.

    Raises:
        HostExpressionError: A part of an expression is wrong.
        UsageError: One host is named twice with different logins, or the inventory is unusable.
    """
    expression = hosts if isinstance(hosts, str) else ",".join(hosts)
    inventory = read_inventory(settings.inventory_file)
    lab = lab_hosts(settings.lab_dir)
    found: dict[str, Host] = {}
    for text in hostlist.expand(expression, groups=inventory.groups):
        host = _host(hostlist.split_name(text), inventory, lab)
        if found.setdefault(host.name, host) != host:
            raise UsageError(f"{host.name} is named twice with different logins", host=host.name)
    _say_what_is_hidden(
        [name for name, host in found.items() if host.source == "lab"], inventory, emit
    )
    return tuple(found.values())


def _inventory(expression: str, settings: Settings) -> Inventory:
    """Read the inventory only where a group may be asked for."""
    return read_inventory(settings.inventory_file) if "@" in expression else Inventory()


def _host(name: hostlist.HostName, inventory: Inventory, lab: dict[str, Host]) -> Host:
    known = lab.get(name.name) or _from_inventory(name.name, inventory)
    said = {"user": name.user, "port": name.port}
    return known.model_copy(update={key: value for key, value in said.items() if value})


def _from_inventory(name: str, inventory: Inventory) -> Host:
    entry = inventory.hosts.get(name)
    if entry is None:
        return Host(name=name)
    key = entry.identity_file.expanduser() if entry.identity_file else None
    return Host(
        name=name,
        address=entry.address,
        user=entry.user,
        port=entry.port,
        identity_file=key,
        source="inventory",
    )


def _say_what_is_hidden(names: list[str], inventory: Inventory, emit: Emit) -> None:
    others = dict.fromkeys(set(names) & set(inventory.hosts), "the inventory's entry")
    others |= _lookup([name for name in names if name not in others])
    for name in names:
        if name in others:
            message = f"this is the lab's host; it hides {others[name]} of the same name"
            emit(Notice(host=name, message=message))


def _lookup(names: list[str]) -> dict[str, str]:
    """Ask this machine's resolver for *names* all at once; a slow answer counts as none."""
    found: dict[str, str] = {}

    def ask(name: str) -> None:
        try:
            found[name] = str(socket.getaddrinfo(name, None)[0][4][0])
        except OSError:
            return

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _LOOKUP_TIMEOUT_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(found)
