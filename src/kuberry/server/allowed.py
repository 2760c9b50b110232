"""Which hosts a request may name: those that this machine's user has named before, and no others.

Whoever holds a token could else have the server log in with its keys wherever it can reach.
"""

from __future__ import annotations

from collections.abc import Iterator

from kuberry import hostlist
from kuberry.clusters import Clusters
from kuberry.errors import KuberryError, UsageError
from kuberry.inventory import Inventory, read_inventory
from kuberry.lab.inventory import lab_hosts
from kuberry.model.request import AnyRequest
from kuberry.settings import Settings


class HostNotAllowed(KuberryError):
    """A request names a host that this server was not told of."""

    code = "host-not-allowed"


class AllowedHosts:
    """The hosts of the inventory, of the lab and of remembered clusters, and some more.

    Args:
        settings: Where those are; they are read anew for each request.
        more: A host expression of the server's own command line; ``None`` for no more.
    """

    def __init__(self, settings: Settings, more: str | None = None) -> None:
        self._settings = settings
        self._more = more

    def check_request(self, request: AnyRequest) -> None:
        """Refuse *request* where it names a host that is not allowed; see `check`."""
        for field in ("hosts", "control_plane"):
            said = getattr(request, field, None)
            if said is not None:
                self.check(said)

    def check(self, expression: str) -> None:
        """Refuse *expression* where one of its hosts is not allowed.

        Raises:
            HostExpressionError: A part of it is wrong.
            UsageError: The inventory cannot be used.
            HostNotAllowed: The server was not told of one of them, or not with that login.
        """
        inventory = read_inventory(self._settings.inventory_file)
        asked = hostlist.expand(expression, groups=inventory.groups)
        known = set(self._known(inventory))
        strange = [name for name in asked if name not in known]
        if strange:
            raise HostNotAllowed(
                f"{strange[0]} is no host that this server may be sent to",
                host=strange[0],
                remedy="name it in the server's inventory, or start it with --allow-hosts",
            )

    def names(self) -> tuple[str, ...]:
        """Return all that are allowed, as they are to be written.

        Raises:
            UsageError: The inventory cannot be used.
        """
        return tuple(dict.fromkeys(self._known(read_inventory(self._settings.inventory_file))))

    def _known(self, inventory: Inventory) -> Iterator[str]:
        yield from lab_hosts(self._settings.lab_dir)
        yield from inventory.hosts
        for group in inventory.groups:
            yield from hostlist.expand(f"@{group}", groups=inventory.groups)
        if self._more:
            yield from hostlist.expand(self._more, groups=inventory.groups)
        clusters = Clusters(self._settings.clusters_dir)
        for name in clusters.names():
            yield from _hosts_of(clusters, name)


def _hosts_of(clusters: Clusters, name: str) -> tuple[str, ...]:
    try:
        known = clusters.find(name)
    except UsageError:  # a damaged file is told to who asks for that cluster
        return ()
    return known.hosts if known else ()
