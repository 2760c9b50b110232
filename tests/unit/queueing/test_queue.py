"""Jobs through an API server: a stand-in that keeps what it is given, as the API's reference says.

https://kubernetes.io/docs/reference/using-api/api-concepts/: 201 for what is new, 409 for what is
there already, lists by label.
"""

from __future__ import annotations

from typing import Any, cast

import pytest

from kuberry.errors import ApiRefused, ConnectionLost, UsageError
from kuberry.kube.client import Kube
from kuberry.model.job import JobWish
from kuberry.queueing.manifests import JOB
from kuberry.queueing.queue import Queue


class StandIn:
    """Keeps objects by path and name; *fails_after* so many Jobs it is gone."""

    def __init__(self, version: str = "v1.20.2") -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.fails_after: int | None = None
        self._version = version

    async def version(self) -> str:
        """Return its version."""
        return self._version

    async def call(
        self, method: str, path: str, *, body: dict[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        """Answer as an API server."""
        if method == "POST":
            return self._take(path, dict(body or {}))
        if method == "DELETE":
            return self.kept.pop(path)
        if "labelSelector" in query:
            name = query["labelSelector"].partition("=")[2]
            items = [
                one
                for place, one in self.kept.items()
                if place.startswith(f"{path}/")
                and (not name or one["metadata"]["labels"][JOB] == name)
            ]
            return {"items": items}
        if path not in self.kept:
            raise ApiRefused("not found", status=404)
        return self.kept[path]

    def _take(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/jobs") and self.fails_after is not None:
            if self.fails_after == 0:
                raise ConnectionLost("gone")
            self.fails_after -= 1
        place = f"{path}/{body['metadata']['name']}"
        if place in self.kept:
            raise ApiRefused("already there", status=409)
        self.kept[place] = body | {"metadata": body["metadata"] | {"uid": place}}
        return self.kept[place]

    def jobs(self) -> list[str]:
        """Return the names of the Jobs it keeps."""
        return sorted(place.rpartition("/")[2] for place in self.kept if "/jobs/" in place)


def queue_of(server: StandIn) -> Queue:
    """Return the queue of *server*."""
    return Queue(cast(Kube, server))


def wish(**changes: Any) -> JobWish:
    """Return a wish of four tasks."""
    known: dict[str, Any] = {"name": "pi", "command": ("true",), "image": "i", "array": (1, 4)}
    return JobWish.model_validate(known | changes)


async def test_the_same_line_completes_what_was_interrupted() -> None:
    """What is there is left alone; what is missing is made; nothing is there twice."""
    server = StandIn()
    queue, server.fails_after = queue_of(server), 2
    with pytest.raises(ConnectionLost):
        await queue.submit(wish())
    assert (await queue.status("pi")).state == "incomplete"
    server.fails_after = None
    await queue.submit(wish())
    await queue.submit(wish())

    assert server.jobs() == ["pi--1", "pi--2", "pi--3", "pi--4"]
    assert (await queue.status("pi")).state == "waiting"


async def test_another_wish_of_the_same_name_is_refused() -> None:
    """Nothing of it reaches the cluster."""
    server = StandIn()
    await queue_of(server).submit(wish(array=None))
    with pytest.raises(UsageError, match="another job pi"):
        await queue_of(server).submit(wish())

    assert server.jobs() == ["pi"]


async def test_the_version_of_the_cluster_decides() -> None:
    """Also when it has a suffix of its own."""
    server = StandIn("v1.36.4+k3s1")
    await queue_of(server).submit(wish())

    assert server.jobs() == ["pi"]


async def test_jobs_of_others_are_not_mixed_in() -> None:
    """Each has its own tasks, and none is known that was cancelled or never was."""
    server = StandIn()
    queue = queue_of(server)
    for name in ("a", "b"):
        await queue.submit(wish(name=name, array=None))
    await queue.cancel("a")

    assert [one.wish.name for one in await queue.statuses()] == ["b"]
    for name in ("a", "never"):
        with pytest.raises(UsageError, match="no job"):
            await queue.status(name)
