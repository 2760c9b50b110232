"""The one namespace that everything of a run is in, and that is gone at its end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from kuberry.errors import KuberryError
from kuberry.model.event import Emit, Notice
from kuberry.verify import manifests
from kuberry.verify.ledger import CLUSTER, Ledger
from kuberry.verify.manifests import LABEL, Site

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

_DELETE_S = 25.0
_PAUSE_S = 1.0


@asynccontextmanager
async def own_namespace(kube: Kube, ledger: Ledger, emit: Emit) -> AsyncIterator[Site]:
    """Yield a fresh namespace; delete it at the end, whatever the end is.

    What an earlier run that was killed has left behind is deleted first. After a run that was
    not cancelled it is recorded whether the deletion was accepted.

    Raises:
        ApiUnreachable: The API server stopped answering.
        ApiRefused: It answered with an error.
    """
    for name in await kube.namespaces(LABEL):
        emit(Notice(message=f"{name}, left behind by an earlier check, is removed"))
        await kube.delete_namespace(name)
    word = secrets.token_hex(5)
    site = Site(namespace=f"kuberry-verify-{word}", word=word)
    try:
        for manifest in manifests.namespace(site):
            await kube.create(manifest)
        yield site
    finally:
        problem = await _delete(kube, site)
        if problem:
            emit(Notice(message=f"{problem}; the next check removes {site.namespace}"))
    if not problem and site.namespace in await kube.namespaces(LABEL):
        problem = f"{site.namespace} is still there"
    remedy = f"kuberry kubectl delete namespace {site.namespace}"
    ledger.judge("verify.cleanup", CLUSTER, problem, remedy)


async def _delete(kube: Kube, site: Site) -> str:
    """Return why the namespace could not be deleted; an API server that is slow is asked again."""
    problem = f"no answer within {_DELETE_S:.0f} s"
    try:
        async with asyncio.timeout(_DELETE_S):
            while True:
                try:
                    await kube.delete_namespace(site.namespace)
                except KuberryError as error:
                    problem = error.message
                    await asyncio.sleep(_PAUSE_S)
                else:
                    return ""
    except TimeoutError:
        return f"the namespace of this check could not be deleted ({problem})"
