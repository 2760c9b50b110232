"""The way to the API server: through the SSH connection to its control plane."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from kuberry.errors import ApiUnreachable, CommandFailed
from kuberry.kube.credentials import ADMIN_CONFS, Credentials, read_credentials
from kuberry.transports.transport import Transport

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

API_PORT = 6443


@asynccontextmanager
async def connect(transport: Transport) -> AsyncIterator[Kube]:
    """Open a way to the API server on the host of *transport*; the client is loaded only now.

    The server's certificate is checked against 127.0.0.1, for which it is valid.

    Raises:
        ApiUnreachable: The host has no administrator's credentials: it is no control plane.
        SudoFailed: They can be read by root alone, and there is no way to become root.
    """
    import httpx2  # noqa: PLC0415

    from kuberry.kube.client import Kube  # noqa: PLC0415

    path, credentials = await _find_credentials(transport)
    context = credentials.ssl_context()
    async with transport.forward("127.0.0.1", API_PORT) as port:
        way = httpx2.AsyncHTTPTransport(verify=context, trust_env=False)
        url, host = f"https://127.0.0.1:{port}", transport.host.name
        async with Kube(url, way, host=host, look=ADMIN_CONFS[path]) as kube:
            yield kube


async def fetch_credentials(transport: Transport) -> Credentials:
    """Return the administrator's credentials of the control plane behind *transport*.

    Raises:
        ApiUnreachable: It has none.
        SudoFailed: They can be read by root alone, and there is no way to become root.
    """
    return (await _find_credentials(transport))[1]


async def _find_credentials(transport: Transport) -> tuple[str, Credentials]:
    """Return the file they are in, too."""
    reasons = []
    for path in ADMIN_CONFS:
        try:
            return path, read_credentials(await transport.get(path, root=True))
        except CommandFailed as error:
            reasons.append(error.message)
        except ValueError as error:
            reasons.append(f"{path}: {error}")
    host = transport.host.name
    raise ApiUnreachable(
        f"{host} has no credentials of an administrator: {'; '.join(reasons)}",
        host=host,
        remedy="is it the control plane? `kuberry deploy` with the same hosts completes it",
    )
