"""Real hosts for tests: a lab of this test process's own, and single hosts that come and go."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuberry.api.lab import lab_down, lab_shell, lab_up
from kuberry.lab import down, sweep
from kuberry.lab.inventory import read_state
from kuberry.model.host import Host
from kuberry.model.lab import LabShape, LabState
from kuberry.settings import Settings
from one_cluster import own_settings

BASE_BUILD_S = 900
"""The first lab of a machine builds the base root of its hosts."""

RunOn = Callable[..., "subprocess.CompletedProcess[str]"]
FreshHost = Callable[..., Host]


ALONE = "lab_alone"
"""Fixture of tests that need a machine without labs: they run before the session's lab is up."""


SECOND_LAB = ("engine", "lab")
THIRD_LAB = (
    "bundles",
    "campaign",
    "cms",
    "demo",
    "distributions",
    "platforms",
    "transports",
    "upstream",
)
"""Directories whose tests share another lab, in a worker of their own: the three take as long."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests that use lab hosts in three workers, so that those of each share one lab.

    Those of the page share a browser.
    """
    groups = {**dict.fromkeys(SECOND_LAB, "second-lab"), **dict.fromkeys(THIRD_LAB, "third-lab")}
    groups["page"] = "page"
    item.add_marker(pytest.mark.integration)
    item.add_marker(pytest.mark.xdist_group(groups.get(item.path.parent.name, "lab")))
    if ALONE in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.alone)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that want the machine for themselves first."""
    items.sort(key=lambda item: ALONE not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def lab_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings whose lab and inventory are this test process's own; the cache is shared."""
    directory = tmp_path_factory.mktemp("kuberry")
    return own_settings(directory)


@pytest.fixture
def lab_alone(lab_machine: None) -> None:
    """Skip where another lab runs on this machine."""
    others = asyncio.run(sweep.found())
    if others:
        pytest.skip(f"the labs {', '.join(sorted(others))} run on this machine (kuberry lab down)")


@pytest.fixture
def own_lab(lab_machine: None, tmp_path: Path) -> Iterator[Settings]:
    """Give the settings of a second lab, for this test alone; it is brought down afterwards."""
    settings = own_settings(tmp_path)
    yield settings
    asyncio.run(lab_down(settings=settings))


@pytest.fixture(scope="session")
def lab(lab_machine: None, lab_settings: Settings) -> Iterator[LabState]:
    """Give a lab of three hosts: red, red01 and red02. Leave them as you found them."""
    try:
        status = asyncio.run(lab_up("red,red[01-02]", settings=lab_settings))
        yield status.lab
    finally:
        asyncio.run(lab_down(settings=lab_settings))


@pytest.fixture(scope="session")
def lab_names() -> Iterator[str]:
    """Number the hosts that tests ask for, so that no two share a name."""
    return (f"fresh{number}" for number in itertools.count(1))


@pytest.fixture
def fresh_host(
    lab: LabState, lab_settings: Settings, lab_names: Iterator[str]
) -> Iterator[FreshHost]:
    """Give a function that boots a host for this test alone: ``fresh_host(cpus=…, os=…)``.

    It takes about a second. The host may be broken at will; it is removed after the test.
    """
    made: list[str] = []

    def boot(**shape: object) -> Host:
        name = next(lab_names)
        made.append(name)
        wish = LabShape.model_validate(shape)
        status = asyncio.run(lab_up(name, shape=wish, settings=lab_settings))
        return status.lab.login(name)

    yield boot
    state = read_state(lab_settings.lab_dir)
    present = tuple(name for name in made if state and state.find(name))
    asyncio.run(down.remove(lab_settings.lab_dir, present))


@pytest.fixture
def run_on(lab_settings: Settings) -> RunOn:
    """Give a function that runs shell text on a lab host by OpenSSH: ``run_on(host, "sudo id")``.

    It does not use our own transport, so it can judge it.
    """

    def run(host: Host, text: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        words = (*lab_shell(host.name, settings=lab_settings), "--", text)
        return subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)

    return run
