"""Objects brought to a cluster by server-side apply, whatever their kinds.

Where an object of a kind belongs is asked of the server: an APIResourceList,
https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from kuberry.errors import ApiRefused
from kuberry.model.queue import QueueChange
from kuberry.queueing.admission import found
from kuberry.queueing.manifests import Manifest

if TYPE_CHECKING:
    from kuberry.kube.client import Kube

MANAGER = "kuberry"
_CONFLICT, _NOT_FOUND, _BROKEN = 409, 404, 500
_EARLY_S, _PAUSE_S = 30.0, 1.0
_OF_THE_SERVER = {"managedFields", "resourceVersion", "generation"}
Result = TypeVar("Result")


class Applying:
    """Applies objects, and knows what that changed.

    Attributes:
        changes: What was made or changed so far, in that order.
    """

    def __init__(self, kube: Kube) -> None:
        self.changes: list[QueueChange] = []
        self._kube = kube
        self._resources: dict[str, dict[str, Manifest]] = {}

    async def apply_all(self, objects: Iterable[Manifest]) -> None:
        """Have all *objects* be there as they are said, one after the other.

        What a server can only do in a moment is tried again for half a minute: a kind that is
        new to it, a webhook whose pod has just become ready.

        Raises:
            ApiRefused: The server does not take one, or another manager has set what it says.
        """
        for one in objects:
            try:
                await self._bring(one)
            except ApiRefused as error:
                raise _about(one, error) from None

    async def _bring(self, one: Manifest) -> None:
        path = await _patiently(lambda: self._path(one), _is_unknown)
        before = await found(self._kube, path)
        after = await _patiently(
            lambda: self._kube.apply(path, one, manager=MANAGER), _is_early_webhook
        )
        if before is None:
            self.changes.append(QueueChange(object=name_of(one), change="created"))
        elif _said(before) != _said(after):
            self.changes.append(QueueChange(object=name_of(one), change="changed"))

    async def _path(self, one: Manifest) -> str:
        version, metadata = one["apiVersion"], one["metadata"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if one["kind"] not in self._resources.get(version, {}):
            listed = (await self._kube.call("GET", root))["resources"]
            self._resources[version] = {
                kind["kind"]: kind for kind in listed if "/" not in kind["name"]
            }
        kind = self._resources[version].get(one["kind"])
        if kind is None:
            raise ApiRefused(f"the API server knows no {one['kind']}", status=_NOT_FOUND)
        where = f"/namespaces/{metadata.get('namespace', 'default')}" if kind["namespaced"] else ""
        return f"{root}{where}/{kind['name']}/{metadata['name']}"


def name_of(one: Manifest) -> str:
    """Return how people call *one*: ``Deployment kueue-system/kueue-controller-manager``."""
    place, name = one["metadata"].get("namespace"), one["metadata"]["name"]
    return f"{one['kind']} {place}/{name}" if place else f"{one['kind']} {name}"


def _about(one: Manifest, error: ApiRefused) -> ApiRefused:
    others = "somebody else has set what differs, and it was not taken from them: "
    remedy = f"{others}put it back, or leave MANIFEST out where Kueue is there already"
    return ApiRefused(
        f"{name_of(one)}: {error.message}",
        host=error.host,
        status=error.status,
        remedy=remedy if error.status == _CONFLICT else "what was applied before it stays",
    )


def _said(one: Manifest) -> Any:
    """Return *one* without what changes by itself: a node's status does so all the time."""
    metadata = {key: value for key, value in one["metadata"].items() if key not in _OF_THE_SERVER}
    return {key: value for key, value in one.items() if key != "status"} | {"metadata": metadata}


async def _patiently(
    ask: Callable[[], Awaitable[Result]], is_early: Callable[[ApiRefused], bool]
) -> Result:
    loop = asyncio.get_running_loop()
    end = loop.time() + _EARLY_S
    while True:
        try:
            return await ask()
        except ApiRefused as error:
            if not is_early(error) or loop.time() >= end:
                raise
        await asyncio.sleep(_PAUSE_S)


def _is_unknown(error: ApiRefused) -> bool:
    return error.status == _NOT_FOUND


def _is_early_webhook(error: ApiRefused) -> bool:
    """Return whether a webhook did not answer: apiserver says "failed calling webhook"."""
    return error.status == _BROKEN and "webhook" in error.message
