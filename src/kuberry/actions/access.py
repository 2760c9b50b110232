"""Give a user access to a cluster by kubectl, and take it away again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kuberry.kube.connect import API_PORT, fetch_credentials
from kuberry.kube.kubeconfig import Entry, merged, without
from kuberry.kube.kubeconfig_file import read, update
from kuberry.model.access import AccessReport
from kuberry.model.cluster import Cluster
from kuberry.shell import script
from kuberry.transports.transport import Transport

_REACH_S = 2.0


async def give_access(
    cluster: Cluster, transport: Transport, file: Path, *, use: bool = False
) -> AccessReport:
    """Merge *cluster* into the kubeconfig *file*.

    Args:
        transport: To its control plane.
        use: Make it the current context even if there is one.

    Raises:
        ApiUnreachable: The host has no administrator's credentials.
        UsageError: The file cannot be used, or somebody else has an entry of that name.
    """
    credentials = await fetch_credentials(transport)
    own = await _login_address(transport)
    address, reachable = await _address(transport, own)
    valid = {cluster.control_plane, own}
    entry = Entry(
        name=cluster.name,
        server=f"https://{_bracketed(address)}:{API_PORT}",
        tls_server_name=None if address in valid else cluster.endpoint,
        credentials=credentials,
    )
    changed, backup = update(file, lambda config: merged(config, entry, use=use))
    return AccessReport(
        file=file,
        context=cluster.name,
        server=entry.server,
        reachable=reachable,
        current=read(file).get("current-context") == cluster.name,
        changed=changed,
        backup=backup,
    )


def take_access(name: str, file: Path) -> AccessReport:
    """Remove the cluster called *name* from the kubeconfig *file*, if it is there and ours.

    Raises:
        UsageError: The file cannot be used.
    """
    changed, backup = update(file, lambda config: without(config, name))
    return AccessReport(
        file=file,
        context=name,
        server="",
        reachable=False,
        current=False,
        changed=changed,
        backup=backup,
    )


async def _address(transport: Transport, own: str) -> tuple[str, bool]:
    """Return the address under which this machine reaches the API server, if it does.

    Behind a jump host it does not; then it is the host's *own* address.
    """
    candidates = dict.fromkeys([own, transport.host.target])
    for address in candidates:
        if address and await _answers(address):
            return address, True
    return own or transport.host.target, False


async def _login_address(transport: Transport) -> str:
    """Return the host's end of our connection (sshd(8): SSH_CONNECTION)."""
    answer = await transport.run(script('set -- $SSH_CONNECTION; printf "%s" "$3"'))
    return answer.text.partition("%")[0].strip().removeprefix("::ffff:")


async def _answers(address: str) -> bool:
    try:
        async with asyncio.timeout(_REACH_S):
            _, writer = await asyncio.open_connection(address, API_PORT)
    except OSError:
        return False
    writer.close()
    return True


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
