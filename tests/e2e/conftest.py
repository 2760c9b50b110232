"""One real cluster for all e2e tests: three lab hosts, the lab's Kubernetes.

It is deployed as the worst case has it: sudo asks for a password, which is planted and searched
afterwards (test_secrets). Then the hosts get back what the lab gives: sudo without a password.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from cluster_shell import WHOLE, On, shell_of
from kuberry.api.bundle import lab_bundle
from kuberry.api.lab import lab_down, lab_up
from one_cluster import HOSTS, SET_UP_S, Deployed, deploy_watched, own_settings


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep all tests of the one cluster in one process, and give the first time to build.

    It is said this early because xdist asks for groups before a later hook of ours is called.
    """
    item.add_marker(pytest.mark.e2e)
    if item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group("cluster"))
    item.add_marker(pytest.mark.timeout(SET_UP_S))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have those that end a cluster come last, in whatever order the others are."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def deployed(lab_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deploy three lab hosts as a user would, and take them down at the end."""
    directory = tmp_path_factory.mktemp("kuberry-e2e")
    settings = own_settings(directory)
    asyncio.run(lab_bundle(settings=settings))
    try:
        asyncio.run(lab_up(HOSTS, settings=settings))
        yield deploy_watched(settings)
    finally:
        asyncio.run(lab_down(settings=settings))


@pytest.fixture
def on(deployed: Deployed) -> On:
    """Give a function that runs shell text on a host of the cluster that the tests share.

    It begins when the cluster is whole, whatever the test before has done to it.
    """
    run = shell_of(deployed.settings)
    run("red", WHOLE)
    return run
