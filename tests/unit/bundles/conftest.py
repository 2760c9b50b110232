"""What the tests of bundles share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.bundles.samples import fill_release

from kuberry.bundles.store import Store


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Give a directory with all that a kubeadm bundle for amd64 needs."""
    directory = tmp_path / "release"
    fill_release(directory)
    return directory


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Give an empty store."""
    return Store(tmp_path / "store")
