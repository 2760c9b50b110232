"""One server for all tests of this directory."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import made_up as make
from kuberry.clusters import Clusters
from kuberry.settings import Settings
from real_server import RealServer, start, stop


@pytest.fixture(scope="session")
def real_server(lab_settings: Settings) -> Iterator[RealServer]:
    """Give a server that knows the hosts of the session's lab, where that is up."""
    one = start(lab_settings)
    yield one
    stop(one)


@pytest.fixture
def silent(lab_settings: Settings) -> Iterator[str]:
    """Give the name of a cluster whose one host takes connections and never says a word."""
    cluster = make.cluster("silent").model_copy(update={"name": "silent"})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        lab_settings.inventory_file.parent.mkdir(parents=True, exist_ok=True)
        lab_settings.inventory_file.write_text(
            f"hosts: {{silent: {{address: 127.0.0.1, port: {port}}}}}\n"
        )
        Clusters(lab_settings.clusters_dir).save(cluster)
        yield cluster.name
        Clusters(lab_settings.clusters_dir).forget(cluster.name)
        lab_settings.inventory_file.unlink()
