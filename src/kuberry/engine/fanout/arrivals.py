"""What has come to each host, and what will not come by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from kuberry.engine.fanout.chain import CONTROLLER, Chain
from kuberry.model.bundle import Artifact
from kuberry.model.event import ArtifactArrived, Emit

OnTotal = Callable[[int], None]
"""Takes the number of bytes that are there."""


class Arrivals:
    """The artifacts that are passed on, by host: awaited by steps, told to the user."""

    def __init__(self, chain: Chain, artifacts: Mapping[str, Artifact], emit: Emit) -> None:
        self._chain, self._artifacts, self._emit = chain, artifacts, emit
        new = asyncio.get_running_loop().create_future
        self._futures: dict[tuple[str, str], asyncio.Future[bool]] = {
            (host, digest): new()
            for digest, piece in chain.pieces.items()
            for host in piece.receivers
        }
        self._watchers: dict[tuple[str, str], OnTotal] = {}

    async def wait(self, host: str, digest: str, on_total: OnTotal) -> bool:
        """Return whether an artifact has come, whole and proven; if not, it has to be uploaded.

        That it has come is said once: what is done with the file then is the asker's affair.
        """
        key = (host, digest)
        future = self._futures.get(key)
        if future is None:
            return False
        self._watchers[key] = on_total
        on_total(self._chain.have(host, digest))
        try:
            return await asyncio.shield(future)
        finally:
            del self._watchers[key]
            if future.done():
                del self._futures[key]

    def progressed(self, host: str, digest: str) -> None:
        """Tell how much is there to who waits for it."""
        watcher = self._watchers.get((host, digest))
        if watcher:
            watcher(self._chain.have(host, digest))

    def arrived(self, host: str, digest: str) -> None:
        """Tell that an artifact is there, and where it came from."""
        self.progressed(host, digest)
        if not self._answer(host, digest, is_there=True):
            return
        artifact, received = self._artifacts[digest], self._chain.received(host, digest)
        self._emit(
            ArtifactArrived(
                host=host,
                name=artifact.name,
                sha256=digest,
                size_bytes=artifact.size_bytes,
                from_controller_bytes=received.pop(CONTROLLER, 0),
                from_hosts_bytes=received,
            )
        )

    def give_up(self, host: str, digest: str | None = None) -> None:
        """Say that an artifact will not come to a host; ``None`` means all that have not."""
        for one, piece in tuple(self._futures):
            if one == host and digest in (piece, None):
                self._answer(one, piece, is_there=False)

    def end(self) -> None:
        """Say that nothing more will come."""
        for host, digest in tuple(self._futures):
            self._answer(host, digest, is_there=False)

    def _answer(self, host: str, digest: str, *, is_there: bool) -> bool:
        future = self._futures.get((host, digest))
        if future is None or future.done():
            return False
        future.set_result(is_there)
        return True
