"""One server for each test, and clients that may do more or less."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from kuberry.clusters import Clusters
from kuberry.model.access_token import Scope
from kuberry.settings import Settings
from one_cluster import own_settings
from served import CLUSTER, Server, serving


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of a directory of the test's own, where one cluster is remembered."""
    own = own_settings(tmp_path).model_copy(update={"cache_dir": tmp_path / "cache"})
    Clusters(own.clusters_dir).save(CLUSTER)
    return own


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """Give a server whose runs talk a little and wait to be let go."""
    async with serving(settings) as one:
        yield one


@pytest.fixture
async def operator(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client that may operate."""
    async with server.client(Scope.OPERATE) as client:
        yield client


@pytest.fixture
async def admin(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client that may do everything."""
    async with server.client(Scope.ADMIN) as client:
        yield client
