"""The program `cms` of users with and without a lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from cms_here import Cms, Installed, install, terminal
from kuberry.settings import Settings


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Give `kuberry[cms]`, installed."""
    return install(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def cms(installed: Installed, tmp_path: Path) -> Cms:
    """Give the program `cms` of a user whose home is empty, without a lab."""
    return terminal(installed, tmp_path / "home", tmp_path / "state", tmp_path / "config")


@pytest.fixture
def lab_cms(installed: Installed, lab_settings: Settings, tmp_path: Path) -> Cms:
    """Give the program `cms` of a user whose hosts are the lab's."""
    home = tmp_path / "home"
    return terminal(installed, home, lab_settings.state_dir, lab_settings.config_dir)
